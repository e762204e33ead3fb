package virtio.block.port;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdentityTest {
  @Test
  void identityIsComparedInEachPart() {
    Identity promised = new Identity("a", 100, 512, false);
    assertThat(promised.differs(new Identity("a", 100, 512, false))).isNull();
    assertThat(promised.differs(new Identity("a", 101, 512, false))).isNull();
    assertThat(promised.differs(new Identity("b", 100, 512, false))).contains("id 'b'");
    assertThat(promised.differs(new Identity("a", 99, 512, false))).contains("capacity=99");
    assertThat(promised.differs(new Identity("a", 100, 4096, false))).contains("blk_size=4096");
    assertThat(promised.differs(new Identity("a", 100, 512, true))).contains("read-only");
    assertThat(new Identity("a", 100, 512, true).differs(promised)).isNull();
  }
}
