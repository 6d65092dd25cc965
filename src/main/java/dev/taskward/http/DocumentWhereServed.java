package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.smallrye.openapi.runtime.OpenApiDocumentService;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.build.compatible.spi.BuildCompatibleExtension;
import jakarta.enterprise.inject.build.compatible.spi.Enhancement;
import jakarta.enterprise.inject.build.compatible.spi.MethodConfig;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InterceptorBinding;
import jakarta.interceptor.InvocationContext;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/**
 * Quarkus reads the OpenAPI document and writes it as JSON and YAML at every start, served or not:
 * some 300 ms of CPU. Here it does so only where the document is served.
 */
public class DocumentWhereServed implements BuildCompatibleExtension {

  /** Called by the build, for each method of Quarkus' bean. */
  @Enhancement(types = OpenApiDocumentService.class)
  public void mark(MethodConfig method) {
    if (method.info().name().equals("prepareDocument")) {
      method.addAnnotation(Prepares.class);
    }
  }

  /** What is left out where the document is not served. */
  @InterceptorBinding
  @Retention(RetentionPolicy.RUNTIME)
  @interface Prepares {}

  @Prepares
  @Interceptor
  @Priority(Interceptor.Priority.APPLICATION)
  static class Preparation {

    private final TaskwardConfig config;

    Preparation(TaskwardConfig config) {
      this.config = config;
    }

    @AroundInvoke
    Object whereServed(InvocationContext preparation) throws Exception {
      return config.apiDocs() ? preparation.proceed() : null;
    }
  }
}
