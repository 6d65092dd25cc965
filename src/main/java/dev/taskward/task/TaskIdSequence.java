package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.util.Properties;
import org.hibernate.annotations.IdGeneratorType;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.generator.GeneratorCreationContext;
import org.hibernate.id.IntegralDataTypeHolder;
import org.hibernate.id.enhanced.AccessCallback;
import org.hibernate.id.enhanced.SequenceStyleGenerator;

/**
 * Ids from a sequence, taken in blocks of 50 that all users of this instance share. By itself
 * Hibernate keeps a block for every tenant: each user's first task would cost a round trip and 50
 * ids, and the service would remember every user it ever saw.
 */
@IdGeneratorType(TaskIdSequence.Generator.class)
@Target(FIELD)
@Retention(RUNTIME)
@interface TaskIdSequence {

  @RegisterForReflection
  class Generator extends SequenceStyleGenerator {

    @Override
    public void configure(GeneratorCreationContext context, Properties parameters) {
      parameters.put(SEQUENCE_PARAM, "task_id_seq");
      parameters.put(INCREMENT_PARAM, "50");
      super.configure(context, parameters);
    }

    @Override
    public Object generate(SharedSessionContractImplementor session, Object task) {
      AccessCallback sequence = getDatabaseStructure().buildCallback(session);
      return getOptimizer().generate(new SharedByAll(sequence));
    }
  }

  /** The sequence, asked for by no tenant in particular. */
  record SharedByAll(AccessCallback sequence) implements AccessCallback {

    @Override
    public IntegralDataTypeHolder getNextValue() {
      return sequence.getNextValue();
    }

    @Override
    public String getTenantIdentifier() {
      return null;
    }
  }
}
