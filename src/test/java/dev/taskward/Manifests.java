package dev.taskward;

import static java.util.Map.entry;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads the files under k8s/ strictly. */
public final class Manifests {

  static final Path BASE = Path.of("k8s/base");
  static final Path MIGRATION_JOB = Path.of("k8s/components/migration-job");
  static final Path ERASE_JOB = Path.of("k8s/components/erase-job");
  static final Path GATEWAY = Path.of("k8s/components/gateway");
  static final List<Path> OVERLAYS = folders(Path.of("k8s/overlays"));

  private static final Map<String, Class<?>> MODELS =
      Map.ofEntries(
          entry("v1 Namespace", V1Namespace.class),
          entry("v1 ServiceAccount", V1ServiceAccount.class),
          entry("v1 Service", V1Service.class),
          entry("v1 ConfigMap", V1ConfigMap.class),
          entry("v1 Secret", V1Secret.class),
          entry("apps/v1 Deployment", V1Deployment.class),
          entry("batch/v1 Job", V1Job.class),
          entry("batch/v1 CronJob", V1CronJob.class),
          entry("networking.k8s.io/v1 Ingress", V1Ingress.class),
          entry("networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class),
          entry("policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class),
          entry("autoscaling/v2 HorizontalPodAutoscaler", V2HorizontalPodAutoscaler.class));

  /** Custom resources, for which the Kubernetes client has no model. */
  static final Set<String> CUSTOM =
      Set.of(
          "postgresql.cnpg.io/v1 Cluster",
          "postgresql.cnpg.io/v1 Pooler",
          "external-secrets.io/v1 ExternalSecret",
          "gateway.networking.k8s.io/v1 HTTPRoute");

  private static final Gson GSON = JSON.getGson();

  /** The objects in the files of a folder, without its kustomization and patches. */
  static List<JsonObject> objects(Path folder) {
    return strings(kustomization(folder), "resources")
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .flatMap(file -> documents(text(file)).stream())
        .toList();
  }

  static JsonObject kustomization(Path folder) {
    return documents(text(folder.resolve("kustomization.yaml"))).get(0);
  }

  public static List<JsonObject> documents(String yaml) {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    List<JsonObject> documents = new ArrayList<>();
    for (Object document : new Yaml(new SafeConstructor(strict)).loadAll(yaml)) {
      documents.add(new Gson().toJsonTree(document).getAsJsonObject());
    }
    return documents;
  }

  static String kind(JsonObject object) {
    return object.get("apiVersion").getAsString() + " " + object.get("kind").getAsString();
  }

  static String name(JsonObject object) {
    return object.getAsJsonObject("metadata").get("name").getAsString();
  }

  /** Describes an unknown or missing field or a wrong type. Empty if the object is valid. */
  static String fault(JsonObject object) {
    Class<?> model = MODELS.get(kind(object));
    if (model == null) {
      return CUSTOM.contains(kind(object)) ? "" : "unknown kind " + kind(object);
    }
    try {
      model.getMethod("validateJsonElement", JsonElement.class).invoke(null, object);
      GSON.fromJson(object, model);
      return "";
    } catch (java.lang.reflect.InvocationTargetException e) {
      return kind(object) + " " + name(object) + ": " + e.getCause().getMessage();
    } catch (RuntimeException e) {
      return kind(object) + " " + name(object) + ": " + e.getMessage();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static <T> T only(List<JsonObject> objects, Class<T> model) {
    List<JsonObject> found =
        objects.stream().filter(object -> model.equals(MODELS.get(kind(object)))).toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " of " + model);
    }
    return GSON.fromJson(found.get(0), model);
  }

  static JsonObject custom(Path folder, String kind) {
    return objects(folder).stream()
        .filter(object -> object.get("kind").getAsString().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  /** The name=value pairs in a generator of a kustomization. */
  static Stream<String> literals(Path folder, String generator) {
    return elements(kustomization(folder), generator)
        .flatMap(one -> strings(one.getAsJsonObject(), "literals"));
  }

  public static Stream<JsonElement> elements(JsonObject object, String array) {
    return object.has(array)
        ? StreamSupport.stream(object.getAsJsonArray(array).spliterator(), false)
        : Stream.empty();
  }

  static Stream<String> strings(JsonObject object, String array) {
    return elements(object, array).map(JsonElement::getAsString);
  }

  static List<Path> folders(Path parent) {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Manifests() {}
}
