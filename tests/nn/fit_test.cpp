#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace xgrad;
using tests::TemporaryFolder;

namespace {

/// Two clouds of points, above and below a line: 60 of each.
nn::Dataset<double, std::int64_t> clouds(std::uint64_t seed) {
    Generator generator(seed);
    Array<double> x = Array<double>::from_shape({120, 2});
    Array<std::int64_t> y = Array<std::int64_t>::from_shape({120});
    for (std::size_t i = 0; i < 120; ++i) {
        y(i) = static_cast<std::int64_t>(i % 2);
        x(i, 0) = generator.normal();
        x(i, 1) = generator.normal() + (i % 2 == 0 ? -2 : 2);
    }
    return {x, y};
}

const auto cross_entropy_of = [](const auto& logits, const auto& labels) { return nn::cross_entropy(logits, labels); };

nn::Sequential<double> small_model() {
    return nn::Sequential{nn::Linear<double>(2, 8), nn::Tanh(), nn::Dropout(0.1), nn::Linear<double>(8, 2)};
}

std::vector<double> elements_of(nn::Sequential<double>& model) {
    std::vector<double> all;
    for (const auto& parameter : model.parameters()) all.insert(all.end(), parameter.tensor().begin(), parameter.tensor().end());
    return all;
}

} // namespace

TEST_CASE("fit learns to tell two clouds apart, and its history has a row for each epoch") {
    manual_seed(3);
    auto model = small_model();
    nn::Adam optimizer(model.parameters(), {.lr = 0.02});
    nn::Loader loader(clouds(1), {.batch_size = 16});
    nn::ExponentialLR schedule(optimizer, 0.9);
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                                 {.epochs = 8,
                                  .metrics = {{"accuracy", nn::accuracy}},
                                  .validation = clouds(2),
                                  .schedule = &schedule,
                                  .progress = nullptr});
    CHECK(history.columns() == std::vector<std::string>{"loss", "val_loss", "val_accuracy", "lr", "seconds"});
    CHECK(history.size() == 8);
    CHECK(history["val_accuracy"].back() > 0.93); // the best line gets 97.7 %
    CHECK(history["loss"].back() < 0.3 * std::log(2.0) + 0.1);
    CHECK(history["lr"][1] == doctest::Approx(0.018).epsilon(1e-12));
    CHECK_FALSE(history.interrupted);
    CHECK_FALSE(history.stopped_early);
    CHECK(model.is_training());
}

TEST_CASE("fit does what the five lines of the open loop do") {
    const auto data = clouds(1);
    manual_seed(4);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
    nn::Loader loader(data, {.batch_size = 32});
    for (int epoch = 0; epoch < 2; ++epoch) {
        for (auto [x, y] : loader) {
            auto loss = nn::cross_entropy(model(x), y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    manual_seed(4);
    auto fitted = small_model();
    nn::SGD same(fitted.parameters(), {.lr = 0.1, .momentum = 0.9});
    nn::Loader again(data, {.batch_size = 32});
    nn::fit(fitted, cross_entropy_of, same, again, {.epochs = 2, .progress = nullptr});
    CHECK(elements_of(model) == elements_of(fitted));
}

TEST_CASE("a loss is the mean over the examples, also with a smaller last batch") {
    // The model is one constant that does not move, so the loss of an example is its distance.
    struct Still : nn::Module<Still, double> {
        nn::Parameter<double> c{Tensor<double>({1}, 0.0)};
        XGRAD_MEMBERS(c)
        auto forward(const Variable<double>& x) { return x + 0 * c; }
    } model;
    nn::SGD optimizer(model.parameters(), {.lr = 0});
    Array<double> x{1, 2, 3, 4, 5, 60, 7};
    x.reshape({7, 1});
    nn::Loader loader(nn::Dataset(x, Array<double>(xt::zeros<double>({7, 1}))), {.batch_size = 3});
    const auto history = nn::fit(model, [](auto& y, auto& t) { return nn::l1_loss(y, t); }, optimizer, loader,
                                 {.epochs = 1, .validation = nn::Dataset(x, x), .validation_batch_size = 2, .progress = nullptr});
    CHECK(history["loss"][0] == doctest::Approx(82.0 / 7).epsilon(1e-14));
    CHECK(history["val_loss"][0] == 0);
}

TEST_CASE("fit without targets compares with the input, and takes models of several results") {
    struct Autoencoder : nn::Module<Autoencoder, double> {
        nn::Linear<double> down{3, 2}, up{2, 3};
        XGRAD_MEMBERS(down, up)
        auto forward(const Variable<double>& x) {
            auto code = down(x);
            return std::tuple{up(code), code};
        }
    };
    manual_seed(5);
    Autoencoder model;
    nn::Adam optimizer(model.parameters(), {.lr = 0.05});
    Generator generator(1);
    Array<double> x = Array<double>::from_shape({40, 3});
    for (std::size_t i = 0; i < 40; ++i) {
        x(i, 0) = generator.normal();
        x(i, 1) = generator.normal();
        x(i, 2) = x(i, 0) - x(i, 1); // two dimensions are enough
    }
    nn::Loader loader(nn::Dataset{x}, {.batch_size = 10});
    const auto loss = [](const auto& result, const auto& target) { return nn::mse_loss(std::get<0>(result), target); };
    const auto history = nn::fit(model, loss, optimizer, loader, {.epochs = 100, .progress = nullptr});
    CHECK(history["loss"].back() < 0.01 * history["loss"].front());
}

TEST_CASE("early stopping waits with patience and brings the best model back") {
    manual_seed(6);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 16});
    // From the third epoch on the learning rate only makes things worse.
    std::vector<std::vector<double>> after_epoch;
    const auto spoil = [&](nn::TrainingContext<double>& now) {
        after_epoch.push_back(elements_of(static_cast<nn::Sequential<double>&>(now.model)));
        if (now.epoch == 2) {
            for (auto& parameter : now.optimizer.parameters()) parameter.value() *= -1.0;
            now.optimizer.set_learning_rate(0);
        }
    };
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                                 {.epochs = 50, .validation = clouds(2), .patience = 3, .on_epoch = {spoil}, .progress = nullptr});
    CHECK(history.stopped_early);
    CHECK(history.size() == 5);
    CHECK(history.best_epoch == 2);
    CHECK(elements_of(model) == after_epoch[1]);
}

TEST_CASE("a metric can be monitored, and is to rise") {
    manual_seed(6);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 16});
    double score = 0;
    const nn::Metric<double, std::int64_t> made_up{"score", [&](const auto&, const auto&) { return score; }};
    const auto set = [&](nn::TrainingContext<double>& now) {
        if (now.step == now.steps) score = now.epoch <= 3 ? static_cast<double>(now.epoch) : 3.05;
    };
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                                 {.epochs = 50,
                                  .metrics = {made_up},
                                  .validation = clouds(2),
                                  .patience = 2,
                                  .min_delta = 0.1,
                                  .monitor = "val_score",
                                  .maximize = true,
                                  .on_step = {set},
                                  .progress = nullptr});
    CHECK(history.best_epoch == 3);
    CHECK(history.size() == 5);
}

TEST_CASE("a plateau lowers the learning rate, and clipping limits the gradients") {
    manual_seed(7);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.5});
    nn::Loader loader(clouds(1), {.batch_size = 120, .shuffle = false});
    nn::ReduceLROnPlateau plateau(optimizer, {.factor = 0.5, .patience = 0, .threshold = 1e9, .threshold_mode = nn::ReduceLROnPlateauOptions::Threshold::absolute});
    double largest = 0, norm = 0;
    const auto look = [&](nn::TrainingContext<double>& now) {
        double square = 0;
        for (const auto& parameter : now.optimizer.parameters()) {
            for (const double g : parameter.grad()) {
                largest = std::max(largest, std::abs(g));
                square += g * g;
            }
        }
        norm = std::max(norm, std::sqrt(square));
    };
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                                 {.epochs = 3, .clip_norm = 1e-3, .clip_value = 1e-2, .schedule = &plateau, .on_step = {look}, .progress = nullptr});
    CHECK(history["lr"] == std::vector<double>{0.5, 0.5, 0.25});
    CHECK(norm <= 1e-3 * (1 + 1e-12));
    CHECK(norm > 0.99e-3);
}

TEST_CASE("a plateau goes by what is monitored, also without patience") {
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 120});
    nn::ReduceLROnPlateau plateau(optimizer, {.mode = nn::ReduceLROnPlateauOptions::Mode::max, .patience = 0});
    double score = 0;
    const nn::Metric<double, std::int64_t> rising{"score", [&](const auto&, const auto&) { return ++score; }};
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                                 {.epochs = 4, .metrics = {rising}, .validation = clouds(2), .monitor = "val_score", .maximize = true, .schedule = &plateau, .progress = nullptr});
    CHECK(history["lr"] == std::vector<double>(4, 0.1));
    CHECK(plateau.best() == 4);
    // Without validation data it is the loss.
    nn::ReduceLROnPlateau on_loss(optimizer, {});
    const auto losses = nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 1, .schedule = &on_loss, .progress = nullptr});
    CHECK(on_loss.best() == losses["loss"][0]);
}

TEST_CASE("fit leaves a part of the model in evaluation mode if it was in it") {
    manual_seed(8);
    nn::Sequential model{nn::Linear<double>(2, 8), nn::BatchNorm1d<double>(8), nn::Tanh(), nn::Linear<double>(8, 2)};
    auto& norm = model.get<nn::BatchNorm1d<double>>(1);
    norm.eval();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 50});
    nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 2, .validation = clouds(2), .progress = nullptr});
    CHECK(norm.num_batches_tracked == 0);
    CHECK(model[0].is_training());
    model.eval();
    nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 1, .progress = nullptr});
    CHECK(norm.num_batches_tracked == 3);
    CHECK_FALSE(model[0].is_training());
}

TEST_CASE("accuracy is the share of rows whose largest logit is the label's") {
    const Variable<double> logits(Array<double>{{1, 2, 0}, {3, 3, 1}, {0, 1, 9}, {NAN, 0, 1}});
    CHECK(nn::accuracy(logits, Array<int>{1, 0, 0, 0}) == 0.5);
    CHECK(nn::accuracy(logits, Array<int>{1, 1, 0, 2}) == 0.25);
    CHECK_THROWS_AS(nn::accuracy(logits, Array<int>{1, 1}), ShapeError);
    CHECK_THROWS_AS(nn::accuracy(Variable<double>(Array<double>::from_shape({0, 3})), Array<int>::from_shape({0})), ValueError);
}

TEST_CASE("a callback sees where the training is and can end it") {
    manual_seed(8);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 50});
    std::vector<std::pair<std::size_t, std::size_t>> seen;
    const auto step = [&](nn::TrainingContext<double>& now) {
        CHECK(now.steps == 3);
        CHECK(now.epochs == 10);
        CHECK(now.history.size() == now.epoch - 1);
        CHECK(now.loss > 0);
        seen.emplace_back(now.epoch, now.step);
        now.stop = now.epoch == 2 && now.step == 2;
    };
    const auto history = nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 10, .on_step = {step}, .progress = nullptr});
    CHECK(seen == std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}});
    CHECK(history.size() == 1);
    CHECK(history.stopped_early);
}

TEST_CASE("a training that was interrupted goes on bit for bit, from wherever it was") {
    struct Run {
        nn::Sequential<double> model;
        nn::History history;
    };
    const auto train = [](const std::string& checkpoint, bool resume, std::size_t stop_epoch, std::size_t stop_step) {
        manual_seed(9);
        auto model = small_model(); // with dropout, which draws from the default generator
        nn::Adam optimizer(model.parameters(), {.lr = 0.02});
        nn::Loader loader(clouds(1), {.batch_size = 25});
        nn::CosineAnnealingLR schedule(optimizer, 6);
        if (resume) manual_seed(1234); // what was drawn before does not matter
        const auto interrupt = [&](nn::TrainingContext<double>& now) {
            if (now.epoch == stop_epoch && now.step == stop_step) std::raise(SIGINT);
        };
        auto history = nn::fit(model, cross_entropy_of, optimizer, loader,
                               {.epochs = 6,
                                .metrics = {{"accuracy", nn::accuracy}},
                                .validation = clouds(2),
                                .patience = 4,
                                .schedule = &schedule,
                                .on_step = {interrupt},
                                .checkpoint = checkpoint,
                                .resume = resume,
                                .progress = nullptr});
        return Run{std::move(model), std::move(history)};
    };
    Run whole = train("", false, 0, 0);
    REQUIRE(whole.history.size() == 6);
    for (const auto& [epoch, step] : {std::pair<std::size_t, std::size_t>{1, 1}, {2, 3}, {3, 5}, {6, 4}}) {
        CAPTURE(epoch);
        CAPTURE(step);
        const TemporaryFolder folder;
        const std::string checkpoint = folder / "training.safetensors";
        const Run first = train(checkpoint, false, epoch, step);
        CHECK(first.history.interrupted);
        CHECK(first.history.size() == (step == 5 ? epoch : epoch - 1));
        CHECK(folder.size() == 1); // and nothing half-written beside it
        Run second = train(checkpoint, true, 0, 0);
        CHECK_FALSE(second.history.interrupted);
        CHECK(elements_of(second.model) == elements_of(whole.model));
        CHECK(second.history["loss"] == whole.history["loss"]);
        CHECK(second.history["val_loss"] == whole.history["val_loss"]);
        CHECK(second.history["lr"] == whole.history["lr"]);
        CHECK(second.history.best_epoch == whole.history.best_epoch);
        // A training that is over has nothing left to do.
        Run third = train(checkpoint, true, 0, 0);
        CHECK(third.history.size() == 6);
        CHECK(elements_of(third.model) == elements_of(whole.model));
    }
}

TEST_CASE("a training that a callback stopped goes on when it is resumed, and so does one with more patience") {
    const TemporaryFolder folder;
    const std::string checkpoint = folder / "training.safetensors";
    const auto train = [&](std::size_t stop_epoch, std::size_t stop_step, bool resume) {
        manual_seed(11);
        auto model = small_model();
        nn::SGD optimizer(model.parameters(), {.lr = 0.1});
        nn::Loader loader(clouds(1), {.batch_size = 40});
        const auto stop = [&](nn::TrainingContext<double>& now) { now.stop = now.epoch == stop_epoch && now.step == stop_step; };
        nn::FitOptions<double, std::int64_t> options{.epochs = 4, .checkpoint = checkpoint, .resume = resume, .progress = nullptr};
        (stop_step == 0 ? options.on_epoch : options.on_step) = {stop};
        if (stop_step == 0) options.on_epoch = {[&](nn::TrainingContext<double>& now) { now.stop = now.epoch == stop_epoch; }};
        auto history = nn::fit(model, cross_entropy_of, optimizer, loader, options);
        return std::pair(elements_of(model), std::move(history));
    };
    const auto [whole, history] = train(0, 1, false);
    REQUIRE(history.size() == 4);
    for (const auto& [epoch, step, epochs] : {std::tuple{2, 0, 2}, {2, 1, 1}, {2, 3, 2}}) {
        CAPTURE(step);
        const auto [part, first] = train(static_cast<std::size_t>(epoch), static_cast<std::size_t>(step), false);
        CHECK(first.stopped_early);
        CHECK(first.size() == static_cast<std::size_t>(epochs));
        const auto [all, second] = train(0, 1, true);
        CHECK(all == whole);
        CHECK_FALSE(second.stopped_early);
        CHECK(second["loss"] == history["loss"]);
    }
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0});
    nn::Loader loader(clouds(1), {.batch_size = 40});
    const auto wait = [&](std::size_t patience, bool resume) {
        return nn::fit(model, cross_entropy_of, optimizer, loader,
                       {.epochs = 9, .patience = patience, .monitor = "lr", .checkpoint = checkpoint, .resume = resume, .progress = nullptr});
    };
    CHECK(wait(2, false).size() == 3);
    CHECK(wait(2, true).size() == 3);
    CHECK(wait(4, true).size() == 5);
}

TEST_CASE("a checkpoint of another training is refused, and nothing is changed") {
    const TemporaryFolder folder;
    const std::string checkpoint = folder / "training.safetensors";
    manual_seed(10);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
    nn::Loader loader(clouds(1), {.batch_size = 30});
    nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 1, .checkpoint = checkpoint, .progress = nullptr});

    auto other = small_model();
    const auto before = elements_of(other);
    nn::SGD sgd(other.parameters(), {.lr = 0.1, .momentum = 0.9});
    nn::Loader same(clouds(1), {.batch_size = 30}), smaller(clouds(1), {.batch_size = 10});
    const auto resume = [&](auto& optimizer, auto& loader, nn::FitOptions<double, std::int64_t> options) {
        options.checkpoint = checkpoint;
        options.resume = true;
        options.progress = nullptr;
        return tests::message_of<ValueError>([&] { nn::fit(other, cross_entropy_of, optimizer, loader, options); });
    };
    CHECK(resume(sgd, smaller, {}).find("with other batches") != std::string::npos);
    CHECK(resume(sgd, same, {.validation = clouds(2)}).find("with other metrics") != std::string::npos);
    nn::Adam adam(other.parameters());
    resume(adam, same, {});
    CHECK(elements_of(other) == before);
    nn::save(model, folder / "model.safetensors");
    std::filesystem::copy_file(folder / "model.safetensors", checkpoint, std::filesystem::copy_options::overwrite_existing);
    CHECK(resume(sgd, same, {}).find("this is no checkpoint of a training") != std::string::npos);
    std::ofstream(checkpoint) << "noise";
    CHECK_THROWS_AS(nn::fit(other, cross_entropy_of, sgd, same, {.checkpoint = checkpoint, .resume = true, .progress = nullptr}),
                    nn::FileError);
    CHECK(elements_of(other) == before);
}

TEST_CASE("fit refuses options that make no sense, and losses that are not numbers") {
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 30}), none(clouds(1), {.batch_size = 500, .drop_last = true});
    using Options = nn::FitOptions<double, std::int64_t>;
    const auto message = [&](Options options) {
        options.progress = nullptr;
        return tests::message_of<ValueError>([&] { nn::fit(model, cross_entropy_of, optimizer, loader, options); });
    };
    CHECK(message({.metrics = {{"accuracy", nn::accuracy}}}) == "fit: metrics are measured on validation data, and there are none");
    CHECK(message({.patience = 1}) == "fit: .patience waits for \"val_loss\", and there are no validation data");
    CHECK(message({.clip_norm = -1}).starts_with("fit: .clip_norm is -1"));
    CHECK(message({.resume = true}) == "fit: .resume needs a .checkpoint");
    CHECK_THROWS_AS(nn::fit(model, cross_entropy_of, optimizer, loader, {.patience = 1, .monitor = "lossy", .progress = nullptr}), IndexError);
    CHECK_THROWS_AS(nn::fit(model, cross_entropy_of, optimizer, loader, {.monitor = "lossy", .progress = nullptr}), IndexError);
    CHECK_THROWS_AS(nn::fit(model, cross_entropy_of, optimizer, loader, {.checkpoint = "/no/such/folder/x", .progress = nullptr}), nn::FileError);
    CHECK(tests::message_of<ValueError>([&] { nn::fit(model, cross_entropy_of, optimizer, none, {.progress = nullptr}); }) ==
          "fit: there is no batch to train on");
    const auto nan = [](const auto& logits, const auto&) { return sum(logits) * std::numeric_limits<double>::quiet_NaN(); };
    CHECK(tests::message_of<ValueError>([&] { nn::fit(model, nan, optimizer, loader, {.progress = nullptr}); })
              .starts_with("fit: the loss is nan in step 1 of epoch 1"));
    CHECK(model.is_training());
}

TEST_CASE("progress is a plain line for each epoch where the output is no terminal") {
    std::FILE* const out = std::tmpfile();
    REQUIRE(out);
    auto model = small_model();
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    nn::Loader loader(clouds(1), {.batch_size = 30});
    nn::fit(model, cross_entropy_of, optimizer, loader, {.epochs = 2, .validation = clouds(2), .progress = out});
    std::rewind(out);
    std::string text(1000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), out));
    std::fclose(out);
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(text.starts_with("epoch 1/2 loss 0."));
    CHECK(text.find(", val_loss 0.") != std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
}
