package dev.taskward.json;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.problem.ProblemException;
import dev.taskward.protocol.RequestBody;
import io.quarkus.resteasy.reactive.jackson.runtime.serialisers.ServerJacksonMessageBodyReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Reads JSON and refuses bytes that are not UTF-8 (RFC 8259). Jackson alone accepts bytes that
 * other parsers read as other characters. For a reader interceptor, Quarkus would read the method's
 * annotations in every request.
 */
@Provider
@Consumes({MediaType.APPLICATION_JSON, "application/*+json"})
public class JsonBodyReader extends ServerJacksonMessageBodyReader {

  /** A large body is checked piece by piece. */
  private static final int CHARACTERS = 8_192;

  JsonBodyReader(Instance<ObjectMapper> mapper) {
    super(mapper);
  }

  @Override
  public Object readFrom(
      Class<Object> type, Type genericType, MediaType mediaType, ServerRequestContext context)
      throws IOException {
    ResteasyReactiveRequestContext request = (ResteasyReactiveRequestContext) context;
    byte[] body = of(request.serverRequest().unwrap(RoutingContext.class));
    if (body == null) {
      body = new byte[0];
    }
    check(body);
    return readFrom(type, genericType, null, mediaType, null, new ByteArrayInputStream(body));
  }

  /**
   * The body that {@link RequestBody} has read; null if the client sent none. Quarkus' stream would
   * make the thread wait for the event loop.
   */
  public static byte[] of(RoutingContext request) {
    Buffer body = request.body().buffer();
    return body == null ? null : body.getBytes();
  }

  /**
   * The same for a body that is no single JSON value.
   *
   * @throws ProblemException (400) if it is not UTF-8
   */
  public static byte[] utf8(RoutingContext request) {
    byte[] body = of(request);
    try {
      check(body == null ? new byte[0] : body);
    } catch (CharacterCodingException e) {
      throw ProblemException.invalidBody("must be UTF-8, without U+0000");
    }
    return body == null ? new byte[0] : body;
  }

  private static void check(byte[] body) throws CharacterCodingException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.wrap(body);
    CharBuffer some = CharBuffer.allocate(Math.min(body.length + 1, CHARACTERS)); // memory for few
    CoderResult result;
    do {
      result = decoder.decode(bytes, some.clear(), true);
      if (result.isError()) {
        result.throwException();
      }
    } while (result.isOverflow());
    if (hasNul(body)) { // no JSON has it; Jackson would assume UTF-16 or UTF-32
      throw new CharacterCodingException();
    }
  }

  private static boolean hasNul(byte[] body) {
    for (byte one : body) {
      if (one == 0) {
        return true;
      }
    }
    return false;
  }
}
