package dev.taskward.idempotency;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class IdempotencyCostIT extends IdempotencyCostContract {}
