package dev.taskward.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

class DatabaseUrlTest {

  @ParameterizedTest
  @ValueSource(strings = {"postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg2"})
  void everyCommonSchemeIsAccepted(String scheme) {
    assertEquals(
        new DatabaseUrl("jdbc:postgresql://db.example:6432/tasks?sslmode=require", "ann", "secret"),
        DatabaseUrl.parse(scheme + "://ann:secret@db.example:6432/tasks?sslmode=require"));
  }

  /** As Neon's console shows them, pooled and direct. */
  @Test
  void connectionStringsOfNeonWorkUnchanged() {
    assertEquals(
        new DatabaseUrl(
            "jdbc:postgresql://ep-cool-rain-123456-pooler.eu-central-1.aws.neon.tech/neondb"
                + "?channelBinding=require&sslmode=require",
            "neondb_owner",
            "npg_AbC123dEf"),
        DatabaseUrl.parse(
            "postgresql://neondb_owner:npg_AbC123dEf@ep-cool-rain-123456-pooler.eu-central-1.aws"
                + ".neon.tech/neondb?sslmode=require&channel_binding=require"));
    assertEquals(
        "jdbc:postgresql://ep-x.neon.tech/neondb?options=endpoint%3Dep-x&sslmode=require",
        DatabaseUrl.parse(
                "postgres://u:p@ep-x.neon.tech/neondb?sslmode=require&options=endpoint%3Dep-x")
            .jdbcUrl());
  }

  @ParameterizedTest
  @CsvSource({
    "p%40ss%2Fw%3Ao%25rd, p@ss/w:o%rd",
    "a+b, a+b",
    "%C3%A4%20%F0%9F%A6%89, ä 🦉",
    "pa:ss, pa:ss",
    "'', ''",
    "what?is#this, what?is#this",
  })
  void passwordsAreOnlyPercentDecoded(String encoded, String password) {
    assertEquals(password, DatabaseUrl.parse("postgres://u:" + encoded + "@h/d").password());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "postgres://h                                   | jdbc:postgresql://h/",
        "postgres://h/                                  | jdbc:postgresql://h/",
        "postgres://h/d?                                | jdbc:postgresql://h/d",
        "postgres://u@h/d                               | jdbc:postgresql://h/d",
        "postgres://[::1]:5433/d                        | jdbc:postgresql://[::1]:5433/d",
        "postgres://a:1,b:2/d                           | jdbc:postgresql://a:1,b:2/d",
        "postgres://h/my%20db                           | jdbc:postgresql://h/my+db",
        "postgres://h/d?ssl=require                     | jdbc:postgresql://h/d?sslmode=require",
        "postgres://h/d?ssl=true                        | jdbc:postgresql://h/d?sslmode=require",
        "postgres://h/d?ssl=false                       | jdbc:postgresql://h/d?sslmode=disable",
        "postgres://h/d?connect_timeout=5               | jdbc:postgresql://h/d?connectTimeout=5",
        "postgres://h/d?application_name=my%20app       | jdbc:postgresql://h/d?ApplicationName=my+app",
        "postgres://h/d?target_session_attrs=read-write | jdbc:postgresql://h/d?targetServerType=primary",
        "postgres://h/d?target_session_attrs=any        | jdbc:postgresql://h/d?targetServerType=any",
        "postgres://h/d?prepareThreshold=0              | jdbc:postgresql://h/d?prepareThreshold=0",
        "postgres://h/d?sslrootcert=/etc/ca.pem         | jdbc:postgresql://h/d?sslrootcert=%2Fetc%2Fca.pem",
        "postgres://h/d?sslrootcert=system              | jdbc:postgresql://h/d?sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
      })
  void partsAndParametersAreTranslatedForTheDriver(String url, String jdbcUrl) {
    assertEquals(jdbcUrl, DatabaseUrl.parse(url).jdbcUrl());
    assertTrue(new Driver().acceptsURL(jdbcUrl), jdbcUrl);
  }

  @Test
  void userAndPasswordMayBeParameters() {
    assertEquals(
        new DatabaseUrl("jdbc:postgresql://h/d", "ann", "p&w"),
        DatabaseUrl.parse("postgres://h/d?user=ann&password=p%26w"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "mysql://u:hunter2@h/d",
        "jdbc:postgresql://h/d?password=hunter2",
        "postgres:/u:hunter2@h/d",
        "postgres://",
        "postgres:///d",
        "postgres://u:hunter2@/d",
        "postgres://u:hunter2@h:port/d",
        "postgres://u:hunter2@h:123456/d",
        "postgres://u:hunt@er2@h/d",
        "postgres://u:hunter2%zz@h/d",
        "postgres://u:hunter2@h/d/e",
        "postgres://u:hunter2@h/d?sslmod=require",
        "postgres://u:hunter2@h/d?sslmode",
        "postgres://u:hunter2@h/d#x",
        "postgres://u:hunter2@h d/x",
        "postgres://%2Fvar%2Frun/d",
      })
  void aWrongUrlIsReportedInOneLineWithoutThePassword(String url) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> DatabaseUrl.parse(url)).getMessage();

    assertTrue(message.startsWith("DATABASE_URL "), message);
    assertEquals(1, message.lines().count(), message);
    assertFalse(message.contains("hunter2"), message);
  }
}
