package virtio.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Titles of the clauses of virtio 1.4 whose normative statement a test shows, as the specification spells them:
 * {@code @Clause("The Virtqueue Used Ring")}. On a type it holds for each of its tests.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Clause {
  /** Titles, not numbers: numbers move between versions. */
  String[] value();
}
