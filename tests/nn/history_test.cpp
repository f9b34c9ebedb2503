#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/file.hpp>
#include <xgrad/nn/history.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

using namespace xgrad;
using tests::TemporaryFolder;

TEST_CASE("a history is a table that is saved as CSV and drawn") {
    nn::History history({"loss", "val_loss", "a,b"});
    history.append({0.5, 0.25, 1});
    history.append({0.1, std::numeric_limits<double>::quiet_NaN(), 2});
    CHECK(history.to_csv() == "loss,val_loss,\"a,b\"\n0.5,0.25,1\n0.10000000000000001,nan,2\n");
    CHECK(history["a,b"] == std::vector<double>{1, 2});
    CHECK(tests::message_of<IndexError>([&] { history["accuracy"]; }) == "History: there is no column \"accuracy\" among loss val_loss a,b");
    CHECK_THROWS_AS(history.append({1}), ShapeError);
    const TemporaryFolder folder;
    history.save_csv(folder / "history.csv");
    CHECK(folder.read("history.csv") == history.to_csv());
    CHECK_THROWS_AS(history.plot(folder / "history.gif"), ValueError);
    CHECK_THROWS_AS(nn::History({"loss"}).plot(folder / "history.svg"), ValueError);
    if (std::system("gnuplot --version > /dev/null 2>&1") == 0) {
        history.plot(folder / "history.svg");
        CHECK(folder.read("history.svg").find("<svg") != std::string::npos);
        CHECK(folder.size() == 2);
    }
    CHECK_THROWS_AS(history.plot(folder / "no/such/folder.svg"), nn::FileError);
}
