// The tests' main: as doctest's own, and after each test case nothing may be left on the tape or in use in the pool.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <xgrad/autodiff/pool.hpp>
#include <xgrad/autodiff/tape.hpp>

#include <cstdint>
#include <iostream>

namespace {

int leaking_tests = 0;

struct LeakListener : doctest::IReporter {
    explicit LeakListener(const doctest::ContextOptions&) {}

    void test_case_start(const doctest::TestCaseData& test) override {
        name_ = test.m_name;
        blocks_ = xgrad::detail::live_blocks();
    }
    void test_case_end(const doctest::CurrentTestCaseStats&) override {
        const std::size_t nodes = xgrad::live_nodes();
        const std::int64_t blocks = xgrad::detail::live_blocks() - blocks_;
        if (nodes == 0 && blocks == 0) return;
        ++leaking_tests;
        std::cerr << "LEAK: test case \"" << name_ << "\" left " << nodes << " nodes on the tape and " << blocks
                  << " blocks in use\n";
    }

    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

  private:
    const char* name_ = "";
    std::int64_t blocks_ = 0;
};

REGISTER_LISTENER("leaks", 1, LeakListener);

} // namespace

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    const int failed = context.run();
    return failed ? failed : leaking_tests > 0;
}
