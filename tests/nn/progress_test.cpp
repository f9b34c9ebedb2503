#include <xgrad/nn/progress.hpp>

#include <doctest/doctest.h>

using namespace xgrad::nn;

TEST_CASE("durations read well") {
    CHECK(format_duration(0) == "0 s");
    CHECK(format_duration(59.4) == "59 s");
    CHECK(format_duration(59.6) == "1 min 00 s");
    CHECK(format_duration(125) == "2 min 05 s");
    CHECK(format_duration(3600 + 7 * 60) == "1 h 07 min");
    CHECK(format_duration(-1) == "0 s");
    CHECK(format_duration(1e300) == "277777 h 46 min");
}

TEST_CASE("the progress line of a terminal has a bar and the time left") {
    TerminalStyle style;
    const Progress plain(12, 40, stdout, style);
    CHECK(plain.format(3, 10, {{"loss", 0.125}, {"val_loss", 2}}, 75) == "epoch  3/12 loss 0.125, val_loss 2, 1 min 15 s left");
    style.redraw = true;
    const Progress terminal(12, 40, stdout, style);
    CHECK(terminal.format(3, 10, {{"loss", 0.125}}, 75) == "epoch  3/12 [=====               ] loss 0.125, 1 min 15 s left");
    CHECK(terminal.format(12, 40, {}, -1) == "epoch 12/12 [====================]");
    style.unicode = true;
    CHECK(Progress(12, 40, stdout, style).format(12, 20, {}, -1) == "epoch 12/12 [██████████          ]");
}

TEST_CASE("progress is one plain line for each epoch where the output is no terminal") {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    Progress progress(2, 2, file);
    for (std::size_t epoch = 1; epoch <= 2; ++epoch) {
        progress.step(epoch, 1, 1);
        progress.step(epoch, 2, 0.75);
        progress.epoch(epoch, {{"loss", 0.75}});
    }
    progress.interrupt(); // no line has been begun
    std::rewind(file);
    char text[1000] = {};
    const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
    CHECK(std::string(text, size) == "epoch 1/2 loss 0.75, 0 s left\nepoch 2/2 loss 0.75\n");
}
