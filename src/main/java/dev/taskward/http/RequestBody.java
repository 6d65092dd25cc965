package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads a body up to the limit, whether its length was announced or not, and holds it to UTF-8, as
 * RFC 8259 wants JSON to be; the parser alone would let through bytes that mean other characters to
 * others.
 */
@Provider
public class RequestBody implements ReaderInterceptor {

  private static final String PROPERTY = RequestBody.class.getName();

  /** Asked late: interceptors are made before there is a configuration. */
  private final Instance<TaskwardConfig> config;

  RequestBody(Instance<TaskwardConfig> config) {
    this.config = config;
  }

  @Override
  public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
    int limit = Math.toIntExact(config.get().maxBodySize().asLongValue());
    byte[] body = context.getInputStream().readNBytes(limit + 1);
    if (body.length > limit) {
      throw ProblemException.tooLarge();
    }
    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
    context.setProperty(PROPERTY, body);
    context.setInputStream(new ByteArrayInputStream(body));
    return context.proceed();
  }

  /** The bytes that were read as the request's body; null if none were. */
  public static byte[] of(ContainerRequestContext request) {
    return (byte[]) request.getProperty(PROPERTY);
  }
}
