// SPDX-License-Identifier: MIT
// Mocha's spec reporter, closed by one plain line: `N passed, N failed, N skipped`.
"use strict";

const Mocha = require("mocha");

class SummaryReporter extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
}

module.exports = SummaryReporter;
