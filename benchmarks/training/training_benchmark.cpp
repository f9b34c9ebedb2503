// Whole training steps in xgrad and in libtorch, on the same data and from the same parameters: time, memory, and how time grows
// with the batch. Run it by script/benchmark-training.
#include "measure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <malloc.h>

using namespace training;

namespace {

struct Options {
    std::vector<int> threads{1};
    int rounds = 15;
    std::string only, csv;
    enum class Report { time, memory, scaling } report = Report::time;
};

/// Medians over the rounds, in microseconds for a step.
struct Times {
    std::string name, description;
    int threads;
    double xgrad, torch, floor, ratio, aim;
};

/// The medians of one workload with each number of threads. Both libraries, the floor and the numbers of threads take turns.
std::vector<Times> measure(const Workload& workload, Training& ours, Training& theirs, const Options& options) {
    struct Rounds {
        std::vector<double> xgrad, torch, floor, ratio;
    };
    std::vector<Rounds> all(options.threads.size());
    for (int round = 0; round <= options.rounds; ++round) {
        for (std::size_t k = 0; k < all.size(); ++k) {
            // A few steps before the clock starts: the caches hold the other's data, and the cores may have slept.
            const auto steps_of = [&](Library library, Training& training) {
                set_threads(options.threads[k], library);
                time(workload.steps / 4 + 1, [&] { training.step(); });
                return time(workload.steps, [&] { training.step(); });
            };
            const double first = steps_of(Library::xgrad, ours), second = steps_of(Library::libtorch, theirs);
            const double third = workload.floor ? time(workload.steps, workload.floor) : NAN;
            if (round == 0) continue; // to warm up
            all[k].xgrad.push_back(first);
            all[k].torch.push_back(second);
            all[k].floor.push_back(third);
            all[k].ratio.push_back(first / second);
        }
    }
    std::vector<Times> result;
    for (std::size_t k = 0; k < all.size(); ++k) {
        result.push_back({workload.name, workload.description, options.threads[k], median(all[k].xgrad), median(all[k].torch),
                          median(all[k].floor), median(all[k].ratio), workload.aim});
    }
    return result;
}

/// What the second and further numbers of threads gain over the first.
void report_threads(const std::vector<Times>& times, const std::vector<int>& threads) {
    for (std::size_t k = 1; k < threads.size(); ++k) {
        std::printf("\ntime on %d thread(s) / time on %d\n\n%-5s %-62s %10s %10s %10s\n", threads[0], threads[k], "", "", "xgrad",
                    "libtorch", "floor");
        for (std::size_t row = 0; row < times.size(); row += threads.size()) {
            const Times &one = times[row], &other = times[row + k];
            std::printf("%-5s %-62s %10.2f %10.2f %10.2f\n", one.name.c_str(), one.description.c_str(), one.xgrad / other.xgrad,
                        one.torch / other.torch, one.floor / other.floor);
        }
    }
}

/// Tab-separated: the descriptions have commas.
bool write_table(const std::string& path, const std::vector<Times>& times) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (!file) {
        std::perror(path.c_str());
        return false;
    }
    std::fprintf(file, "workload\tdescription\tthreads\txgrad\tlibtorch\tfloor\tratio\taim\n");
    for (const Times& row : times) {
        std::fprintf(file, "%s\t%s\t%d\t%.4g\t%.4g\t%.4g\t%.4g\t%g\n", row.name.c_str(), row.description.c_str(), row.threads, row.xgrad,
                     row.torch, row.floor, row.ratio, row.aim);
    }
    return std::fclose(file) == 0;
}

bool report_times(const std::vector<Workload>& chosen, const Options& options) {
    // libtorch at its best: with a malloc that keeps the pages of large arrays instead of asking the system for them each time.
    if (mallopt(M_MMAP_MAX, 0) != 1 || mallopt(M_TRIM_THRESHOLD, -1) != 1) std::printf("malloc could not be set up\n");
    std::printf("float32, microseconds for a step, medians of %d rounds\n\n", options.rounds);
    std::printf("%-5s %-62s %7s %10s %10s %10s %7s %6s\n", "", "", "threads", "xgrad", "libtorch", "floor", "ratio", "aim");
    bool sound = true;
    std::vector<Times> times;
    for (const Workload& workload : chosen) {
        const auto ours = workload.xgrad(), theirs = workload.torch();
        sound = agree(workload, *ours, *theirs) && sound;
        for (const Times& row : measure(workload, *ours, *theirs, options)) {
            std::printf("%-5s %-62s %7d %10.2f %10.2f %10.2f %7.3f %6.3f %s\n", row.name.c_str(), row.description.c_str(), row.threads,
                        row.xgrad, row.torch, row.floor, row.ratio, row.aim, row.ratio <= row.aim ? "" : "missed");
            std::fflush(stdout);
            times.push_back(row);
        }
    }
    report_threads(times, options.threads);
    return (options.csv.empty() || write_table(options.csv, times)) && sound;
}

bool report_memory(const std::vector<Workload>& chosen, const Options& options) {
    std::printf("float32, %d thread(s), MB at the peak of 20 steps above what was there before them\n\n", options.threads[0]);
    std::printf("%-5s %-62s %10s %10s %7s\n", "", "", "xgrad", "libtorch", "ratio");
    for (const Workload& workload : chosen) {
        const double ours = peak_memory(workload.xgrad, options.threads[0]), theirs = peak_memory(workload.torch, options.threads[0]);
        std::printf("%-5s %-62s %10.1f %10.1f %7.2f\n", workload.name.c_str(), workload.description.c_str(), ours, theirs, ours / theirs);
        std::fflush(stdout);
    }
    return true;
}

bool report_scaling(const Options& options) {
    constexpr std::size_t samples = 8192; ///< timed together; also the largest batch
    const std::vector<std::size_t> batches{256, 512, 1024, 2048, 4096, samples};
    set_threads(options.threads[0], Library::xgrad);
    std::printf("float32, %d thread(s), xgrad: microseconds for a sample, medians of %d rounds\n\n", options.threads[0], options.rounds);
    std::printf("%-5s", "batch");
    for (const std::size_t batch : batches) std::printf(" %7zu", batch);
    std::printf("   largest deviation from that of %zu\n", batches[0]);
    using Make = std::unique_ptr<Training> (*)(std::size_t);
    for (const auto& [name, make] : {std::pair<const char*, Make>("W2", with_xgrad::relu_network), {"W7", with_xgrad::autoencoder}}) {
        std::vector<std::unique_ptr<Training>> trainings;
        for (const std::size_t batch : batches) trainings.push_back(make(batch));
        std::vector<std::vector<double>> times(batches.size());
        for (int round = 0; round <= options.rounds; ++round) {
            for (std::size_t k = 0; k < batches.size(); ++k) {
                const double step = time(samples / batches[k], [&] { trainings[k]->step(); });
                if (round > 0) times[k].push_back(step / static_cast<double>(batches[k]));
            }
        }
        std::printf("%-5s", name);
        double deviation = 0;
        for (const auto& of_batch : times) {
            const double relative = median(of_batch) / median(times[0]) - 1;
            if (std::abs(relative) > std::abs(deviation)) deviation = relative;
            std::printf(" %7.3f", median(of_batch));
        }
        std::printf("   %+.0f %%\n", 100 * deviation);
        std::fflush(stdout);
    }
    return true;
}

/// False if an argument is not understood.
bool parse(int argc, char** argv, Options& options) {
    const auto value_of = [](const char* argument, const char* option) {
        const std::size_t length = std::strlen(option);
        return std::strncmp(argument, option, length) == 0 ? argument + length : nullptr;
    };
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (const char* const list = value_of(argv[i], "--threads=")) {
            options.threads.clear();
            char* next = nullptr;
            for (const char* at = list; at; at = *next == ',' ? next + 1 : nullptr) {
                options.threads.push_back(static_cast<int>(std::strtol(at, &next, 10)));
                if (options.threads.back() < 1 || next == at || (*next != ',' && *next != 0)) return false;
            }
        } else if (const char* const count = value_of(argv[i], "--rounds=")) {
            options.rounds = std::atoi(count);
            if (options.rounds < 1) return false;
        } else if (const char* const name = value_of(argv[i], "--only=")) {
            options.only = name;
        } else if (const char* const path = value_of(argv[i], "--csv=")) {
            options.csv = path;
        } else if (argument == "--memory") {
            options.report = Options::Report::memory;
        } else if (argument == "--scaling") {
            options.report = Options::Report::scaling;
        } else {
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        std::printf("usage: %s [--memory | --scaling] [--threads=1,2] [--rounds=N] [--only=W2] [--csv=FILE]\n", argv[0]);
        return 2;
    }
    std::vector<Workload> chosen = workloads();
    if (!options.only.empty()) std::erase_if(chosen, [&](const Workload& workload) { return workload.name != options.only; });
    bool sound = false;
    switch (options.report) {
    case Options::Report::time: sound = report_times(chosen, options); break;
    case Options::Report::memory: sound = report_memory(chosen, options); break;
    case Options::Report::scaling: sound = report_scaling(options); break;
    }
    return sound ? 0 : 1;
}
