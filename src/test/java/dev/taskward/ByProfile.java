package dev.taskward;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;
import java.util.Comparator;
import org.junit.jupiter.api.ClassDescriptor;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.ClassOrdererContext;

/**
 * Integration tests with the same settings follow on each other, so that Quarkus starts the service
 * once for them; those that start it themselves come last.
 */
public class ByProfile implements ClassOrderer {

  @Override
  public void orderClasses(ClassOrdererContext context) {
    context
        .getClassDescriptors()
        .sort(
            Comparator.<ClassDescriptor, Boolean>comparing(
                    test -> !test.isAnnotated(QuarkusIntegrationTest.class))
                .thenComparing(ByProfile::profile)
                .thenComparing(test -> test.getTestClass().getName()));
  }

  private static String profile(ClassDescriptor test) {
    return test.findAnnotation(TestProfile.class)
        .map(profile -> profile.value().getName())
        .orElse("");
  }
}
