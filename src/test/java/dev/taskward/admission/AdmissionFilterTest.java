package dev.taskward.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionFilterTest {

  @ParameterizedTest
  @CsvSource({"8, 1000, 64", "4, 3, 7", "16, 112, 128", "16, 111, 127", "1, 1, 2"})
  void noMoreRequestsAreAdmittedThanTheThreadPoolAccepts(int threads, int queue, int admitted) {
    assertEquals(admitted, AdmissionFilter.admittedMax(threads, queue));
  }
}
