package dev.taskward.database;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** An entity without a discriminator, which ArchitectureTest forbids in the service. */
@Entity
@Table(name = "task")
public class UnscopedTask extends PanacheEntityBase {
  @Id public Long id;
  public String title;
}
