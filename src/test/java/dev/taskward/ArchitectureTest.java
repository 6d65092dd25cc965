package dev.taskward;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.taskward.auth.CurrentUser;
import dev.taskward.idempotency.Idempotent;
import io.quarkus.security.Authenticated;
import jakarta.annotation.security.PermitAll;
import jakarta.persistence.Entity;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.hibernate.StatelessSession;
import org.hibernate.annotations.PartitionKey;
import org.hibernate.annotations.TenantId;
import org.junit.jupiter.api.Test;

/** Rules for the isolation of users (docs/adr/0001-scope.md) and for the packages. */
class ArchitectureTest {

  /** Methods to which Hibernate does not apply the discriminator. */
  private static final Set<String> WITHOUT_DISCRIMINATOR =
      Set.of(
          "createNativeQuery",
          "createNativeMutationQuery",
          "createNamedQuery",
          "createStoredProcedureQuery",
          "merge",
          "remove",
          "unwrap",
          "withTenant",
          "doWork",
          "doReturningWork");

  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.taskward");

  @Test
  void everyEntityHasATenantId() {
    classes()
        .that()
        .areAnnotatedWith(Entity.class)
        .should(
            new ArchCondition<JavaClass>("have a @TenantId") {
              @Override
              public void check(JavaClass entity, ConditionEvents events) {
                boolean scoped =
                    entity.getAllFields().stream().anyMatch(f -> f.isAnnotatedWith(TenantId.class));
                events.add(new SimpleConditionEvent(entity, scoped, entity + " has no @TenantId"));
              }
            })
        .check(CODE);
  }

  /** These are the lookup that decides between 403 and 404, and the jobs without a user. */
  @Test
  void theDiscriminatorIsBypassedInKnownPlacesOnly() {
    Set<String> places = new TreeSet<>();
    for (JavaClass type : CODE) {
      for (JavaAccess<?> call : type.getAccessesFromSelf()) {
        boolean persistence =
            call.getTargetOwner()
                .getPackageName()
                .matches("(jakarta\\.persistence|org\\.hibernate).*");
        if (persistence && WITHOUT_DISCRIMINATOR.contains(call.getTarget().getName())) {
          places.add(call.getOrigin().getFullName() + " " + call.getTarget().getName());
        }
      }
    }

    assertEquals(
        Set.of("dev.taskward.task.Task.existing(java.util.List) createNativeQuery"), places);
    noClasses().should().dependOnClassesThat().areAssignableTo(StatelessSession.class).check(CODE);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.taskward.dev..")
        .and()
        .doNotHaveFullyQualifiedName("dev.taskward.task.TrashPurge")
        .and()
        .doNotHaveFullyQualifiedName("dev.taskward.task.ChangeHeads")
        .and()
        .doNotHaveFullyQualifiedName("dev.taskward.idempotency.ExpiredKeyCleanup")
        .and()
        .doNotHaveFullyQualifiedName("dev.taskward.ratelimit.SharedBuckets")
        .and()
        .doNotHaveFullyQualifiedName("dev.taskward.task.V3__FillTaskFields")
        .and()
        .resideOutsideOfPackage("dev.taskward.database..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.sql.Connection")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("javax.sql.DataSource")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("io.agroal..")
        .check(CODE);
  }

  @Test
  void everyResourceNeedsAuthentication() {
    classes()
        .that()
        .areAnnotatedWith(Path.class)
        .should()
        .beAnnotatedWith(Authenticated.class)
        .check(CODE);
    noClasses().should().beAnnotatedWith(PermitAll.class).check(CODE);
    methods().should().notBeAnnotatedWith(PermitAll.class).check(CODE);
  }

  /** Quarkus ignores other methods and only logs a warning. */
  @Test
  void everyEndpointMethodIsPublic() {
    methods().that().areMetaAnnotatedWith(HttpMethod.class).should().bePublic().check(CODE);
  }

  /** Their repeats get the same response. A stored one would be a trace of an erased user. */
  private static final Set<String> SAME_RESPONSE =
      Set.of(
          "dev.taskward.task.MeResource.erase(dev.taskward.task.EraseRequest)",
          "dev.taskward.task.TaskResource.emptyTrash(io.vertx.ext.web.RoutingContext)");

  @Test
  void everyChangeAcceptsAnIdempotencyKey() {
    methods()
        .that()
        .areAnnotatedWith(POST.class)
        .or()
        .areAnnotatedWith(PATCH.class)
        .or()
        .areAnnotatedWith(PUT.class)
        .or()
        .areAnnotatedWith(DELETE.class)
        .should(
            new ArchCondition<JavaMethod>("accept a key") {
              @Override
              public void check(JavaMethod method, ConditionEvents events) {
                boolean accepts =
                    method.isAnnotatedWith(Idempotent.class)
                        || SAME_RESPONSE.contains(method.getFullName());
                events.add(new SimpleConditionEvent(method, accepts, method + " takes no key"));
              }
            })
        .check(CODE);
    noClasses()
        .that()
        .areAnnotatedWith(Path.class)
        .should()
        .beAnnotatedWith(Idempotent.class)
        .check(CODE);
  }

  @Test
  void onlyTheProcessThatErasesAUserNamesThemWithoutAToken() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.taskward.EraseUser")
        .should()
        .callMethod(CurrentUser.class, "actFor", String.class)
        .check(CODE);
  }

  @Test
  void onlyCurrentUserReadsTheToken() {
    noClasses()
        .that()
        .areNotAssignableTo(CurrentUser.class)
        .should()
        .dependOnClassesThat()
        .areAssignableTo(JsonWebToken.class)
        .check(without("dev.taskward.auth.TokenVerification"));
  }

  /** A read from a stream blocks the thread until the client sends something or disconnects. */
  @Test
  void noBodyIsReadAsAStream() {
    noClasses()
        .should()
        .callMethodWhere(
            describe(
                "a stream of the request",
                call -> call.getName().matches("getInputStream|getEntityStream")))
        .check(CODE);
  }

  /** Caffeine loads classes by name. The native image has only those for caches bounded by size. */
  @Test
  void cachesAreBoundedBySizeOnly() {
    noClasses()
        .should()
        .callMethodWhere(
            describe(
                "Caffeine's other limits",
                call ->
                    call.getTargetOwner().isEquivalentTo(Caffeine.class)
                        && call.getName().matches("(expire|refresh|weak|soft).*|maximumWeight")))
        .check(CODE);
  }

  /** The packages, one layer a line. A package may use only those of earlier layers. */
  private static final List<Set<String>> LAYERS =
      List.of(
          Set.of("config", "common"),
          Set.of("pipeline"),
          Set.of("proxy"),
          Set.of("observability"),
          Set.of("problem"),
          Set.of("conditional", "json", "protocol", "admission", "ratelimit"),
          Set.of("auth"),
          Set.of("database", "idempotency", "mcp"),
          Set.of("task"),
          Set.of("openapi"));

  @Test
  void packagesDependOnEarlierLayersOnly() {
    Set<String> allowed = new TreeSet<>();
    for (Set<String> layer : LAYERS) {
      for (String name : layer) {
        dependsOnlyOn(allowed, name);
      }
      allowed.addAll(layer);
    }
    dependsOnlyOn(Set.of("config", "problem"), "dev");
    Set<String> packages =
        CODE.stream()
            .map(type -> type.getPackageName().replaceFirst("dev\\.taskward\\.?", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    allowed.addAll(Set.of("", "dev"));
    assertEquals(allowed, packages, "packages in LAYERS");
  }

  private static void dependsOnlyOn(Set<String> allowed, String name) {
    noClasses()
        .that()
        .resideInAPackage("dev.taskward." + name)
        .should()
        .dependOnClassesThat(
            describe(
                "are in dev.taskward, but neither in " + name + " nor in " + allowed,
                type -> {
                  String other = type.getPackageName().replaceFirst("dev\\.taskward\\.?", "");
                  return type.getPackageName().startsWith("dev.taskward")
                      && !other.equals(name)
                      && !allowed.contains(other);
                }))
        .check(CODE);
  }

  /** A new resource needs changes in its own package only. */
  @Test
  void genericCodeNamesNoResource() throws IOException {
    java.nio.file.Path root = java.nio.file.Path.of("src/main/java/dev/taskward");
    List<String> named = new ArrayList<>();
    try (Stream<java.nio.file.Path> files = Files.walk(root)) {
      for (java.nio.file.Path file :
          files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String code =
            Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//.*", "");
        if (!root.relativize(file).toString().matches("(task|config|dev)/.*")
            && Pattern.compile("(?i)\\btasks?\\b").matcher(code).find()) {
          named.add(file.toString());
        }
      }
    }
    assertEquals(List.of(), named);
  }

  @Test
  void everyUpdateFiltersByUser() {
    fields()
        .that()
        .areAnnotatedWith(TenantId.class)
        .should()
        .beAnnotatedWith(PartitionKey.class)
        .check(CODE);
  }

  @Test
  void librariesOfDevModeStayInDev() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.taskward.dev..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.zonky..", "io.smallrye.jwt.build..")
        .check(CODE);
  }

  @Test
  void classesHaveNoCycles() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return type.getPackageName().startsWith("dev.taskward")
                    ? SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""))
                    : SliceIdentifier.ignore();
              }

              @Override
              public String getDescription() {
                return "classes with their nested classes";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(CODE);
  }

  /** All classes but this one. */
  private static JavaClasses without(String name) {
    return CODE.that(
        describe("not " + name, type -> !type.getName().replaceFirst("\\$.*", "").equals(name)));
  }
}
