package dev.taskward.dev;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/**
 * Replaces the bearer token of production by a sign-in with a user name. Swagger UI would show
 * "Authorized" for any text in its token field.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class SignInDocument implements OASFilter {

  private static final String NAME = "sign-in";

  @Override
  public void filterOpenAPI(OpenAPI document) {
    SecurityScheme signIn =
        OASFactory.createSecurityScheme()
            .type(SecurityScheme.Type.OAUTH2)
            .description("Dev mode only: any user name, no password.")
            .flows(
                OASFactory.createOAuthFlows()
                    .password(OASFactory.createOAuthFlow().tokenUrl(SignIn.PATH).scopes(Map.of())));
    document.getComponents().setSecuritySchemes(Map.of(NAME, signIn));
    document.getPaths().getPathItems().values().stream()
        .flatMap(path -> path.getOperations().values().stream())
        .forEach(
            operation ->
                operation.setSecurity(
                    List.of(OASFactory.createSecurityRequirement().addScheme(NAME))));
  }
}
