package dev.taskward.database;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** What the build refuses in the service: an entity on the table that has no discriminator. */
@Entity
@Table(name = "task")
public class UnscopedTask extends PanacheEntityBase {
  @Id public Long id;
  public String title;
}
