#include "tests/ops/op_table.hpp"

#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;

std::vector<OpRow> view_rows() {
    return {
        {"reshape",
         "shape",
         "the elements under another shape",
         "reshape(g, shape of x)",
         {
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return reshape(x[0], {3, 2});
              }},
             {{{.shape = {2, 3, 2}}},
              [](const auto& x) {
                  return reshape(x[0], {-1, 4}) * 2.0;
              }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return reshape(x[0], {2, 3}) * reshape(x[0], {2, 3});
              }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return reshape(x[0], {1, 1});
              }},
             {{{.shape = {1}}}, [](const auto& x) { return reshape(x[0], {}); }},
             {{{.shape = {0, 3}}},
              [](const auto& x) {
                  return reshape(x[0], {3, 0, 2});
              }},
             {{{.shape = {0, 3}}},
              [](const auto& x) {
                  return reshape(x[0], {-1, 5});
              }},
             {{{.shape = {2, 3}}, {.shape = {3}}},
              [](const auto& x) { return reshape(x[0] * x[1], {6}) * reshape(x[0], {6}); }},
         }},
        {"flatten",
         "shape",
         "axes start to end joined into one",
         "reshape(g, shape of x)",
         {
             {{{.shape = {2, 3}}}, [](const auto& x) { return flatten(x[0]); }},
             {{{.shape = {2, 3, 2, 2}}}, [](const auto& x) { return flatten(x[0], 1, -2); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return flatten(x[0], 1); }},
             {{{.shape = {}}}, [](const auto& x) { return flatten(x[0]); }},
             {{{.shape = {2, 0}}}, [](const auto& x) { return flatten(x[0]); }},
         }},
        {"squeeze",
         "shape",
         "x without axes of extent 1",
         "reshape(g, shape of x)",
         {
             {{{.shape = {1, 3, 1, 2}}}, [](const auto& x) { return squeeze(x[0]); }},
             {{{.shape = {1, 3, 1}}}, [](const auto& x) { return squeeze(x[0], {-1}); }},
             {{{.shape = {1, 3, 1}}},
              [](const auto& x) {
                  return squeeze(x[0], {0, 2});
              }},
             {{{.shape = {1, 1}}}, [](const auto& x) { return squeeze(x[0]); }},
             {{{.shape = {1, 0}}}, [](const auto& x) { return squeeze(x[0]); }},
         }},
        {"expand_dims",
         "shape",
         "x with a new axis of extent 1",
         "reshape(g, shape of x)",
         {
             {{{.shape = {2, 3}}}, [](const auto& x) { return expand_dims(x[0], 0); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return expand_dims(x[0], -1); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return expand_dims(x[0], 1) * x[0]; }},
             {{{.shape = {}}}, [](const auto& x) { return expand_dims(x[0], 0); }},
             {{{.shape = {0}}}, [](const auto& x) { return expand_dims(x[0], 1); }},
         }},
        {"broadcast_to",
         "shape",
         "x stretched to a shape",
         "sum_to(g, shape of x)",
         {
             {{{.shape = {3}}},
              [](const auto& x) {
                  return broadcast_to(x[0], {2, 3});
              }},
             {{{.shape = {2, 1}}},
              [](const auto& x) {
                  return broadcast_to(x[0], {3, 2, 4});
              }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return broadcast_to(x[0], {2, 2});
              }},
             {{{.shape = {1, 1}}},
              [](const auto& x) {
                  return broadcast_to(x[0], {1, 1});
              }},
             {{{.shape = {1}}}, [](const auto& x) { return broadcast_to(x[0], {0}); }, allow_zero},
         }},
    };
}

std::vector<OpRow> join_rows() {
    return {
        {"concatenate",
         "shape",
         "the parts one after the other along an axis",
         "for each part its slice of g",
         {
             {{{.shape = {2, 3}}, {.shape = {1, 3}}},
              [](const auto& x) {
                  return concatenate({x[0], x[1]});
              }},
             {{{.shape = {2, 3}}, {.shape = {2, 1}}, {.shape = {2, 2}}},
              [](const auto& x) { return concatenate(x, -1); }},
             {{{.shape = {2, 2, 3}}, {.shape = {2, 1, 3}}},
              [](const auto& x) {
                  return concatenate({x[0], x[1], x[0]}, 1);
              }},
             {{{.shape = {2, 3}}, {.shape = {2, 0}}},
              [](const auto& x) {
                  return concatenate({x[0], x[1]}, 1);
              }},
             {{{.shape = {3}}},
              [](const auto& x) {
                  return concatenate({x[0], Array<double>{7, 8}, x[0] * x[0]});
              }},
             {{{.shape = {1}}}, [](const auto& x) { return concatenate({x[0]}); }},
             {{{.shape = {0}}, {.shape = {0}}}, [](const auto& x) { return concatenate(x); }},
         }},
        {"stack",
         "shape",
         "the parts along a new axis",
         "for each part its slice of g",
         {
             {{{.shape = {3}}, {.shape = {3}}},
              [](const auto& x) {
                  return stack({x[0], x[1]});
              }},
             {{{.shape = {2, 3}}, {.shape = {2, 3}}}, [](const auto& x) { return stack(x, 1); }},
             {{{.shape = {2, 3}}, {.shape = {2, 3}}},
              [](const auto& x) {
                  return stack({x[0], x[1], x[0] * x[1]}, -1);
              }},
             {{{.shape = {}}, {.shape = {}}},
              [](const auto& x) {
                  return stack({x[0], x[1], 3.0}, 0);
              }},
             {{{.shape = {2, 0}}},
              [](const auto& x) {
                  return stack({x[0], x[0]}, 2);
              }},
         }},
        {"split",
         "shape",
         "x cut into equal parts along an axis",
         "g put into zeros",
         {
             {{{.shape = {6}}},
              [](const auto& x) {
                  const auto parts = split(x[0], 3);
                  return parts[0] * parts[2] + parts[1];
              }},
             {{{.shape = {2, 4}}},
              [](const auto& x) {
                  const auto parts = split(x[0], 2, -1);
                  return parts[0] * parts[1];
              }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return split(x[0], 3, 1)[1]; }},
             {{{.shape = {1, 3}}}, [](const auto& x) { return split(x[0], 1)[0]; }},
             {{{.shape = {2, 0}}}, [](const auto& x) { return split(x[0], 2)[1]; }},
         }},
        {"split_at",
         "shape",
         "x cut before given positions of an axis",
         "g put into zeros",
         {
             {{{.shape = {5, 2}}},
              [](const auto& x) {
                  const auto parts = split_at(x[0], {2, 4});
                  return parts[0] * parts[1] + parts[2];
              }},
             {{{.shape = {2, 5}}},
              [](const auto& x) {
                  return split_at(x[0], {1, -1}, 1)[1];
              }},
             {{{.shape = {4}}},
              [](const auto& x) {
                  return split_at(x[0], {3, 1})[2];
              }},
             {{{.shape = {4}}},
              [](const auto& x) {
                  return split_at(x[0], {3, 1})[1];
              },
              allow_zero},
             {{{.shape = {0}}}, [](const auto& x) { return split_at(x[0], {2})[0]; }},
         }},
    };
}

std::vector<OpRow> rearrange_rows() {
    return {
        {"tile",
         "shape",
         "x repeated as a whole along the axes",
         "g summed over the repetitions",
         {
             {{{.shape = {3}}}, [](const auto& x) { return tile(x[0], 2); }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return tile(x[0], {3, 2});
              }},
             {{{.shape = {2, 1, 2}}},
              [](const auto& x) {
                  return tile(x[0], {2, 3, 2});
              }},
             {{{.shape = {2, 2}}}, [](const auto& x) { return tile(x[0], 3); }},
             {{{.shape = {2}}},
              [](const auto& x) {
                  return tile(x[0], {2, 1, 2});
              }},
             {{{.shape = {2}}}, [](const auto& x) { return tile(x[0], 1); }},
             {{{.shape = {2}}},
              [](const auto& x) {
                  return tile(x[0], {2, 0});
              },
              allow_zero},
             {{{.shape = {}}},
              [](const auto& x) {
                  return tile(x[0], {2, 2});
              }},
             {{{.shape = {0, 2}}},
              [](const auto& x) {
                  return tile(x[0], {2, 2});
              }},
         }},
        {"repeat",
         "shape",
         "each slice along an axis repeated",
         "g summed over the repetitions",
         {
             {{{.shape = {3}}}, [](const auto& x) { return repeat(x[0], 2); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return repeat(x[0], 2); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return repeat(x[0], 3, 0); }},
             {{{.shape = {2, 2, 2}}}, [](const auto& x) { return repeat(x[0], 2, -2); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return repeat(x[0], 2, -1); }},
             {{{.shape = {}}}, [](const auto& x) { return repeat(x[0], 4); }},
             {{{.shape = {2}}}, [](const auto& x) { return repeat(x[0], 0, 0); }, allow_zero},
             {{{.shape = {2, 0}}}, [](const auto& x) { return repeat(x[0], 2, 0); }},
         }},
        {"pad",
         "shape",
         "x with a margin of a constant, or of its own elements",
         "the inside of g, plus what was copied",
         {
             {{{.shape = {3}}},
              [](const auto& x) {
                  return pad(x[0], {{1, 2}});
              }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return pad(x[0], {{1, 0}, {2, 1}}, 0.5);
              }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return pad(x[0] * x[0], {{1, 1}}, PadMode::edge);
              }},
             {{{.shape = {4, 3}}},
              [](const auto& x) {
                  return pad(x[0], {{2, 1}, {0, 5}}, PadMode::reflect);
              }},
             {{{.shape = {1}}},
              [](const auto& x) {
                  return pad(x[0], {{2, 1}}, PadMode::reflect);
              }},
             {{{.shape = {2, 2}}},
              [](const auto& x) {
                  return pad(x[0], {{0, 0}});
              }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return pad(x[0], {{1, 1}});
              }},
             {{{.shape = {0}}},
              [](const auto& x) {
                  return pad(x[0], {{1, 1}});
              }},
         }},
        {"flip",
         "shape",
         "the order reversed along axes",
         "flip(g)",
         {
             {{{.shape = {2, 3}}}, [](const auto& x) { return flip(x[0]); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return flip(x[0], {0}) * x[0]; }},
             {{{.shape = {2, 3, 2}}},
              [](const auto& x) {
                  return flip(x[0], {-1, 0});
              }},
             {{{.shape = {2, 3, 2}}}, [](const auto& x) { return flip(x[0], {1}); }},
             {{{.shape = {}}}, [](const auto& x) { return flip(x[0]); }},
             {{{.shape = {1}}}, [](const auto& x) { return flip(x[0]); }},
             {{{.shape = {0, 2}}}, [](const auto& x) { return flip(x[0]); }},
         }},
        {"roll",
         "shape",
         "x shifted around along an axis",
         "roll(g, -shift)",
         {
             {{{.shape = {5}}}, [](const auto& x) { return roll(x[0], 2) * x[0]; }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return roll(x[0], -1); }},
             {{{.shape = {2, 3, 2}}}, [](const auto& x) { return roll(x[0], 4, 1); }},
             {{{.shape = {3, 2}}}, [](const auto& x) { return roll(x[0], -1, -2); }},
             {{{.shape = {3, 2}}}, [](const auto& x) { return roll(x[0], 2, -1); }},
             {{{.shape = {}}}, [](const auto& x) { return roll(x[0], 3); }},
             {{{.shape = {0, 2}}}, [](const auto& x) { return roll(x[0], 1, 0); }},
         }},
    };
}

} // namespace

std::vector<OpRow> shape_rows() {
    std::vector<OpRow> rows;
    for (const auto& family : {view_rows(), join_rows(), rearrange_rows()}) {
        rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
}

} // namespace xgrad::tests
