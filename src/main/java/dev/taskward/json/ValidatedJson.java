package dev.taskward.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.taskward.problem.InputErrors;
import dev.taskward.problem.Problem.FieldError;
import dev.taskward.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.Validator;
import java.io.IOException;
import java.util.List;

/**
 * Reads one of the values of a body, and reports everything that is wrong with it. Quarkus' own
 * readers stop at the first error of a body.
 */
@ApplicationScoped
public class ValidatedJson {

  private static final String OBJECT = "must be a JSON object";

  private final ObjectMapper mapper;
  private final Validator validator;

  ValidatedJson(ObjectMapper mapper, Validator validator) {
    this.mapper = mapper;
    this.validator = validator;
  }

  private interface Reader<T> {
    T read() throws IOException;
  }

  /**
   * @throws ProblemException (400) with the errors; a field is a path from the value
   */
  public <T> T read(JsonNode value, Class<T> type) {
    return valid(() -> mapper.treeToValue(value, type));
  }

  /** The same for the text of the value, in UTF-8. */
  public <T> T read(byte[] text, int from, int length, Class<T> type) {
    return valid(() -> mapper.readValue(text, from, length, type));
  }

  private <T> T valid(Reader<T> reader) {
    T value;
    try {
      value = reader.read();
    } catch (MismatchedInputException e) {
      throw ProblemException.invalid(List.of(InputErrors.of(e)));
    } catch (JsonProcessingException e) {
      throw ProblemException.invalid(List.of(InputErrors.malformed(e)));
    } catch (IOException e) {
      throw new IllegalStateException(e); // nothing is read from outside
    }
    if (value == null) {
      throw ProblemException.invalidBody(OBJECT);
    }
    List<FieldError> errors = InputErrors.of(validator.validate(value));
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
    return value;
  }
}
