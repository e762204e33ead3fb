package virtio.bus.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * What a brick calls itself. Each annotation here, put on a component class, sets the service property by which glue selects the
 * brick and, in the bundle's manifest, the capability of the same name that glue requires: one word written once, so that the two
 * cannot differ.
 *
 * <pre>{@code
 * @Component
 * @Provides.Ring("split")
 * public final class SplitRing implements RingFormat { ... }
 * }</pre>
 */
public final class Provides {
  private Provides() {
  }

  /** A driver: service property and capability {@code virtio.driver}. */
  @ComponentPropertyType
  @Capability(namespace = "virtio.driver")
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.TYPE)
  public @interface Driver {
    /** What Declarative Services puts before the annotation's name to make the property's name. */
    String PREFIX_ = "virtio.";

    /**
     * The name.
     *
     * @return lower case, without dots, for example {@code block}
     */
    @Attribute("virtio.driver")
    String value();
  }

  /** A transport: service property and capability {@code virtio.transport}. */
  @ComponentPropertyType
  @Capability(namespace = "virtio.transport")
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.TYPE)
  public @interface Transport {
    /** What Declarative Services puts before the annotation's name to make the property's name. */
    String PREFIX_ = "virtio.";

    /**
     * The name.
     *
     * @return lower case, without dots, for example {@code lguest}
     */
    @Attribute("virtio.transport")
    String value();
  }

  /** A ring format: service property and capability {@code virtio.ring}. */
  @ComponentPropertyType
  @Capability(namespace = "virtio.ring")
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.TYPE)
  public @interface Ring {
    /** What Declarative Services puts before the annotation's name to make the property's name. */
    String PREFIX_ = "virtio.";

    /**
     * The name.
     *
     * @return lower case, without dots, for example {@code split}
     */
    @Attribute("virtio.ring")
    String value();
  }

  /** A config handler: service property and capability {@code virtio.config}. */
  @ComponentPropertyType
  @Capability(namespace = "virtio.config")
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.TYPE)
  public @interface Config {
    /** What Declarative Services puts before the annotation's name to make the property's name. */
    String PREFIX_ = "virtio.";

    /**
     * The name.
     *
     * @return lower case, without dots, for example {@code lguest}
     */
    @Attribute("virtio.config")
    String value();
  }
}
