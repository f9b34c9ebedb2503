/// @file
/// That a page of documentation shows code that is compiled and run: the tests of the page hold the same text.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace xgrad::tests {

inline std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

inline std::string dedent(const std::string& line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

/// Checks that each paragraph of each C++ block of `page` stands in `source`, but for its indentation. Both are paths within the project.
/// @return  the number of paragraphs
inline int check_code_of_page(const std::string& page, const std::string& source) {
    const std::string root = XGRAD_SOURCE_DIR "/";
    std::string text = "\n";
    for (const std::string& line : lines_of(root + source)) text += dedent(line) + "\n";

    int paragraphs = 0;
    bool code = false;
    std::string paragraph;
    for (const std::string& line : lines_of(root + page)) {
        const bool ends = code && (line.empty() || line == "```");
        if (ends && !paragraph.empty()) {
            ++paragraphs;
            CHECK_MESSAGE(text.find("\n" + paragraph) != text.npos, page, ": not in ", source, ": ", paragraph);
            paragraph.clear();
        }
        if (line == "```cpp") {
            code = true;
        } else if (line == "```") {
            code = false;
        } else if (code && !line.empty()) {
            paragraph += dedent(line) + "\n";
        }
    }
    return paragraphs;
}

/// Whether `page` shows `output`, line by line.
inline bool page_shows(const std::string& page, const std::string& output) {
    std::string text = "\n";
    for (const std::string& line : lines_of(XGRAD_SOURCE_DIR "/" + page)) text += line + "\n";
    return text.find("\n" + output) != text.npos;
}

} // namespace xgrad::tests
