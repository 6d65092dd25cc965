package dev.taskward.http;

import io.quarkus.smallrye.openapi.runtime.OpenApiConstants;
import java.io.InputStream;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Has the API's document found only where it is served: Quarkus else reads it at each start, and
 * writes it as JSON and as YAML, which is a seventh of what the binary's start takes.
 */
public final class ApiDocument extends ClassLoader {

  public static void readOnlyWhereServed() {
    OpenApiConstants.classLoader = new ApiDocument();
  }

  private ApiDocument() {
    super(ApiDocument.class.getClassLoader());
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    boolean served =
        ConfigProvider.getConfig().getValue("quarkus.smallrye-openapi.enabled", boolean.class);
    return served ? getParent().getResourceAsStream(name) : null;
  }
}
