package dev.taskward.observability;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import jakarta.inject.Singleton;

/** Removes the query of a request, which may hold users' text, from its trace. */
@Singleton
class TraceQueryRedaction implements SpanProcessor {

  private static final AttributeKey<String> QUERY = AttributeKey.stringKey("url.query");

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    if (span.getAttribute(QUERY) != null) {
      span.setAttribute(QUERY, "REDACTED"); // the word of OpenTelemetry's semantic conventions
    }
  }

  @Override
  public boolean isStartRequired() {
    return true;
  }

  @Override
  public void onEnd(ReadableSpan span) {}

  @Override
  public boolean isEndRequired() {
    return false;
  }
}
