package virtio.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Rows of the mission that a test shows: {@code @Shows("F13")}, {@code @Shows({"F16", "F17"})}. On a type it holds for each of its tests. The
 * build prints the table of features from these, so that it cannot drift.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Shows {
  /** {@code F01} to {@code F61}. */
  String[] value();
}
