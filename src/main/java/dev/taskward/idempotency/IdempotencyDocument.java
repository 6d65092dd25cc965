package dev.taskward.idempotency;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;

/** Writes the {@code Idempotency-Key} into the OpenAPI document, wherever it is looked at. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD, priority = IdempotencyDocument.PRIORITY)
public class IdempotencyDocument implements OASFilter {

  /** Before the errors are written (1), some of which follow from the key. */
  static final int PRIORITY = 2;

  private static final Set<String> METHODS = Set.of("POST", "PATCH");

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document
        .getPaths()
        .getPathItems()
        .values()
        .forEach(
            item ->
                item.getOperations()
                    .forEach(
                        (method, operation) -> {
                          if (METHODS.contains(method.name())) {
                            describe(operation);
                          }
                        }));
  }

  private static void describe(Operation operation) {
    operation.addParameter(
        OASFactory.createParameter()
            .name(IdempotencyKey.HEADER)
            .in(Parameter.In.HEADER)
            .description(
                "Makes a repeat of this request harmless: under the same key, new for every request"
                    + " that is meant (a UUID for instance), the first answer is given again. Failures"
                    + " are not kept. In quotes (RFC 8941) or without.")
            .schema(text().minLength(1).addExample("8e03978e-40d5-43dd-bc93-6894a57f9324")));
    operation.getResponses().getAPIResponses().entrySet().stream()
        .filter(response -> response.getKey().startsWith("2"))
        .map(Map.Entry::getValue)
        .forEach(
            response ->
                response.addHeader(
                    Replay.HEADER,
                    OASFactory.createHeader()
                        .description("`true` if the answer is that of an earlier request.")
                        .schema(text())));
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(SchemaType.STRING);
  }
}
