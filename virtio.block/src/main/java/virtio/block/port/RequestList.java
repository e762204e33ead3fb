package virtio.block.port;

import java.lang.foreign.MemorySegment;

/** Requests in the order of their numbers, linked through themselves: adding and removing allocates nothing. Under the traffic's lock. */
final class RequestList {
  private PortRequest first;
  private PortRequest last;
  private int size;

  PortRequest first() {
    return first;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return first == null;
  }

  /** Behind all with a smaller number. What comes in order is put at the end at once; what comes back is looked for from the front. */
  void add(PortRequest request) {
    PortRequest before = last;
    if (before != null && before.number > request.number) {
      before = null;
      for (PortRequest other = first; other != null && other.number < request.number; other = other.next) {
        before = other;
      }
    }
    request.list = this;
    request.previous = before;
    request.next = before == null ? first : before.next;
    if (before == null) {
      first = request;
    } else {
      before.next = request;
    }
    if (request.next == null) {
      last = request;
    } else {
      request.next.previous = request;
    }
    size++;
  }

  void remove(PortRequest request) {
    if (request.previous == null) {
      first = request.next;
    } else {
      request.previous.next = request.next;
    }
    if (request.next == null) {
      last = request.previous;
    } else {
      request.next.previous = request.previous;
    }
    request.list = null;
    request.previous = null;
    request.next = null;
    size--;
  }

  /** Whether the memory of one of them overlaps that. */
  boolean uses(MemorySegment memory) {
    for (PortRequest request = first; request != null; request = request.next) {
      if (request.memory() != null && request.memory().asOverlappingSlice(memory).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** Takes the first one out; null when empty. */
  PortRequest poll() {
    PortRequest request = first;
    if (request != null) {
      remove(request);
    }
    return request;
  }
}
