package dev.taskward.common;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 (FIPS 180-4), which identifies a value without revealing it. */
public final class Digest {

  /** Cloned, because looking the algorithm up takes longer than the digest of a token. */
  private static final MessageDigest FRESH = sha256LookedUp();

  /** A new digest. */
  public static MessageDigest sha256() {
    try {
      return (MessageDigest) FRESH.clone();
    } catch (CloneNotSupportedException e) {
      return sha256LookedUp(); // a provider may not support clones
    }
  }

  private static MessageDigest sha256LookedUp() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** The digest of a text, in hexadecimal. */
  public static String of(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private Digest() {}
}
