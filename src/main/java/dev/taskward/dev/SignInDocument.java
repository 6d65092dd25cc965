package dev.taskward.dev;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** Gives Swagger UI's "Authorize" a user name to ask for, where production has a plain token. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class SignInDocument implements OASFilter {

  @Override
  public void filterOpenAPI(OpenAPI document) {
    SecurityScheme signIn =
        OASFactory.createSecurityScheme()
            .type(SecurityScheme.Type.OAUTH2)
            .description("Dev mode only: any user name, no password.")
            .flows(
                OASFactory.createOAuthFlows()
                    .password(OASFactory.createOAuthFlow().tokenUrl(SignIn.PATH).scopes(Map.of())));
    document
        .getComponents()
        .getSecuritySchemes()
        .keySet()
        .forEach(name -> document.getComponents().addSecurityScheme(name, signIn));
  }
}
