package dev.taskward.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.persistence.PersistenceException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class DatabaseFailureTest {

  private static final String URL = "jdbc:postgresql://localhost/tasks";

  @ParameterizedTest
  @ValueSource(strings = {"53300", "57P03", "XX000", "42501", "22023", "0A000", "26000", "55000"})
  void aRefusedConnectionIsATransientFailure(String sqlState) {
    assertConnect(SQLTransientConnectionException.class, answered(sqlState));
  }

  @ParameterizedTest
  @ValueSource(strings = {"28P01", "28000", "3D000"})
  void aWrongNameOrPasswordIsAPermanentFailure(String sqlState) {
    assertConnect(SQLNonTransientConnectionException.class, answered(sqlState));
  }

  static Stream<Exception> failuresOfTheNetwork() {
    return Stream.of(
        new ConnectException("Connection refused"),
        new UnknownHostException("db"),
        new EOFException(),
        new SSLHandshakeException("Remote host terminated the handshake"));
  }

  @ParameterizedTest
  @MethodSource("failuresOfTheNetwork")
  void aNetworkFailureIsTransient(Exception cause) {
    assertConnect(
        SQLTransientConnectionException.class,
        driver(PSQLState.CONNECTION_UNABLE_TO_CONNECT, cause));
  }

  static Stream<Exception> failuresOfASetting() {
    Exception untrusted = new SSLHandshakeException("PKIX path building failed");
    untrusted.initCause(new CertificateException());
    return Stream.of(
        driver(PSQLState.CONNECTION_UNABLE_TO_CONNECT, null), // sslmode=no-verify
        driver(PSQLState.CONNECTION_REJECTED, null), // no password, no TLS on the server
        driver(PSQLState.INVALID_PARAMETER_VALUE, null),
        driver(PSQLState.CONNECTION_FAILURE, new FileNotFoundException("root.crt")),
        driver(PSQLState.CONNECTION_FAILURE, untrusted));
  }

  @ParameterizedTest
  @MethodSource("failuresOfASetting")
  void aWrongSettingIsAPermanentFailure(PSQLException failure) {
    assertConnect(SQLNonTransientConnectionException.class, failure);
  }

  /** Several hosts may temporarily have no primary. */
  @Test
  void aMissingServerOfTheRequestedTypeIsTransient() {
    SQLException failure =
        DatabaseFailure.ofConnect(
            driver(PSQLState.CONNECTION_UNABLE_TO_CONNECT, null),
            URL + "?targetServerType=primary");

    assertEquals(SQLTransientConnectionException.class, failure.getClass());
  }

  @Test
  void theSameStateInAStatementIsAnInternalError() {
    for (String state : new String[] {"XX000", "42501", "22023", "0A000"}) {
      assertFalse(DatabaseFailure.isUnavailable(new PersistenceException(answered(state))), state);
    }
    assertTrue(DatabaseFailure.isUnavailable(new PersistenceException(answered("26000"))));
  }

  /** The server or a pooler sends the reason and closes the connection. */
  @Test
  void anErrorThatEndsTheSessionIsALostConnection() {
    SQLException why = answered("XX000");
    assertFalse(DatabaseFailure.isConnectionLost(why));
    why.setNextException(driver(PSQLState.CONNECTION_FAILURE, new EOFException()));

    assertTrue(DatabaseFailure.isConnectionLost(why));
    assertTrue(DatabaseFailure.isUnavailable(new PersistenceException(why)));
  }

  private static void assertConnect(Class<?> expected, SQLException e) {
    SQLException failure = DatabaseFailure.ofConnect(e, URL);

    assertEquals(expected, failure.getClass());
    assertEquals(e.getSQLState(), failure.getSQLState());
    assertEquals(e.getMessage(), failure.getMessage());
    assertTrue(DatabaseFailure.isUnavailable(new PersistenceException(failure)));
    assertEquals(
        expected == SQLTransientConnectionException.class, DatabaseFailure.isTransient(failure));
  }

  private static PSQLException answered(String sqlState) {
    return new PSQLException(
        new ServerErrorMessage("SFATAL\0C%s\0Mno\0".formatted(sqlState)), false);
  }

  private static PSQLException driver(PSQLState state, Exception cause) {
    return new PSQLException("no", state, cause);
  }
}
