#include <xgrad/nn/history.hpp>

#include <xgrad/nn/data/file.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace xgrad::nn {

namespace {

std::string quoted(const std::string& text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        if (c == quote) result += quote;
        result += c;
    }
    return result + quote;
}

std::string number(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.17g", value);
    return buffer;
}

/// Runs a program quietly, without a shell. Returns its exit status, or -1 if it cannot be started.
int run(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return -1;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace

void History::append(std::vector<double> row, Location at) {
    if (row.size() != columns_.size()) {
        throw ShapeError("History::append: " + std::to_string(row.size()) + " values for " + std::to_string(columns_.size()) + " columns", at);
    }
    rows_.push_back(std::move(row));
}

std::size_t History::column(std::string_view name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
    std::string message = "History: there is no column \"" + std::string(name) + "\" among";
    for (const std::string& column : columns_) message.append(" ").append(column);
    throw IndexError(message, Location());
}

std::vector<double> History::operator[](std::string_view name) const {
    const std::size_t k = column(name);
    std::vector<double> values;
    for (const auto& row : rows_) values.push_back(row[k]);
    return values;
}

std::string History::to_csv() const {
    std::string text;
    for (std::size_t k = 0; k < columns_.size(); ++k) {
        const bool plain = columns_[k].find_first_of(",\"\n\r") == std::string::npos;
        text.append(k > 0 ? "," : "").append(plain ? columns_[k] : quoted(columns_[k], '"'));
    }
    text += "\n";
    for (const auto& row : rows_) {
        for (std::size_t k = 0; k < row.size(); ++k) text.append(k > 0 ? "," : "").append(number(row[k]));
        text += "\n";
    }
    return text;
}

void History::save_csv(const std::string& path, Location at) const { write_file(path, to_csv(), at); }

void History::plot(const std::string& path, const std::vector<std::string>& names, Location at) const {
    const bool svg = path.ends_with(".svg"), png = path.ends_with(".png");
    if (!svg && !png) throw ValueError("History::plot: " + path + " ends in neither .svg nor .png", at);
    std::vector<std::size_t> chosen;
    for (const std::string& name : names) chosen.push_back(column(name));
    for (std::size_t k = 0; names.empty() && k < columns_.size(); ++k) {
        if (columns_[k].find("loss") != std::string::npos) chosen.push_back(k);
    }
    if (rows_.empty() || chosen.empty()) throw ValueError("History::plot: there is nothing to draw", at);

    // Into a file beside, so that what is at `path` is either the old picture or all of the new one.
    const std::string draft = path + ".part";
    std::string script = std::string("set terminal ") + (svg ? "svg" : "pngcairo") + " size 720,432\nset output " + quoted(draft, '\'') +
                         "\nset xlabel 'epoch'\nset key top right noenhanced\nset grid\nplot ";
    for (const std::size_t k : chosen) {
        script.append(k == chosen[0] ? "" : ", ").append("'-' using 1:2 with lines linewidth 2 title ").append(quoted(columns_[k], '\''));
    }
    script += "\n";
    for (const std::size_t k : chosen) {
        for (std::size_t epoch = 0; epoch < rows_.size(); ++epoch) {
            if (!std::isfinite(rows_[epoch][k])) continue;
            script.append(std::to_string(epoch + 1)).append(" ").append(number(rows_[epoch][k])).append("\n");
        }
        script += "e\n";
    }
    const std::string script_path = draft + ".gnuplot";
    write_file(script_path, script, at);
    const int status = run({"gnuplot", script_path});
    unlink(script_path.c_str());
    if (status != 0 || std::rename(draft.c_str(), path.c_str()) != 0) {
        unlink(draft.c_str());
        throw FileError(path + ": gnuplot could not draw it" + (status < 0 ? ": it is not installed" : ""), at);
    }
}

} // namespace xgrad::nn
