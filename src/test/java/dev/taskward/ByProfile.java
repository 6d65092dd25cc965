package dev.taskward;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;
import java.util.Comparator;
import org.junit.jupiter.api.ClassDescriptor;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.ClassOrdererContext;

/**
 * Orders integration tests by test profile, so that Quarkus starts the service once for all tests
 * with the same settings. {@link SmallLimits} is first: its tests mostly wait, and the concurrent
 * {@link StartUpIT} needs the processors. Tests that start the service themselves run last.
 */
public class ByProfile implements ClassOrderer {

  @Override
  public void orderClasses(ClassOrdererContext context) {
    context
        .getClassDescriptors()
        .sort(
            Comparator.<ClassDescriptor, Boolean>comparing(
                    test -> !test.isAnnotated(QuarkusIntegrationTest.class))
                .thenComparing(test -> !profile(test).equals(SmallLimits.class.getName()))
                .thenComparing(ByProfile::profile)
                .thenComparing(test -> test.getTestClass().getName()));
  }

  private static String profile(ClassDescriptor test) {
    return test.findAnnotation(TestProfile.class)
        .map(profile -> profile.value().getName())
        .orElse("");
  }
}
