package virtio.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which of the thirty mistakes that everybody makes a test looks for: {@code @Trap("T05")}. On a type it holds for each of its tests. */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Trap {
  /** {@code T01} to {@code T30}. */
  String[] value();
}
