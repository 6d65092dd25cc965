package dev.taskward;

import dev.taskward.auth.CurrentUser;
import dev.taskward.auth.Erasure;
import dev.taskward.auth.Subject;
import dev.taskward.config.SettingsException;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ProblemException;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.control.ActivateRequestContext;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * A process that erases the data of one user and exits, instead of the service. It is for the
 * operator, or an identity service, who have no token of the user.
 */
class EraseUser implements QuarkusApplication {

  private static final String SETTING = "TASKWARD_ERASE";

  private static final Logger LOG = Logger.getLogger(EraseUser.class);

  private final TaskwardConfig config;
  private final CurrentUser user;
  private final Erasure erasure;

  EraseUser(TaskwardConfig config, @PersistenceUnitExtension CurrentUser user, Erasure erasure) {
    this.config = config;
    this.user = user;
    this.erasure = erasure;
  }

  /** Whether this process erases a user, and is not the service. */
  static boolean isMeant(Map<String, String> environment) {
    return environment.containsKey(SETTING);
  }

  /**
   * @throws SettingsException if the process could not erase anyone
   */
  static void check(Map<String, String> environment) {
    if (environment.getOrDefault(SETTING, "-").isBlank()) {
      throw new SettingsException(SETTING + " " + Subject.ERROR + ".");
    }
    if (isMeant(environment) && "only".equals(environment.get("TASKWARD_MIGRATE"))) {
      throw new SettingsException(
          SETTING + " has no effect with TASKWARD_MIGRATE=only: remove one of them.");
    }
  }

  @Override
  @ActivateRequestContext
  public int run(String... args) {
    String subject = config.erase().orElse(null);
    if (!Subject.isValid(subject)) {
      throw new SettingsException(SETTING + " " + Subject.ERROR + ".");
    }
    user.actFor(subject);
    try {
      LOG.infof("Erased a user: %s", erasure.erase());
      return 0;
    } catch (ProblemException e) {
      LOG.errorf("The user is not erased: %s", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("The user is not erased", e);
    }
    return 1;
  }
}
