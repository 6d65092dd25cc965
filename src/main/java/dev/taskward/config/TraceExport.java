package dev.taskward.config;

import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import jakarta.inject.Singleton;
import java.util.Map;

/**
 * Leaves the export of traces to Quarkus. The OpenTelemetry SDK reads {@code OTEL_…_EXPORTER} from
 * the environment itself, and fails with {@code otlp}, its default: its exporters are not packaged.
 */
@Singleton
class TraceExport implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {

  @Override
  public void customize(AutoConfiguredOpenTelemetrySdkBuilder sdk) {
    Map<String, String> none =
        Map.of(
            "otel.traces.exporter", "none",
            "otel.metrics.exporter", "none",
            "otel.logs.exporter", "none");
    sdk.addPropertiesCustomizer(properties -> none);
  }
}
