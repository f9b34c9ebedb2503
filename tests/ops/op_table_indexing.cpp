#include "tests/ops/op_table.hpp"

#include <xgrad/ops/indexing.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;
using Index = Array<int>;

std::vector<OpRow> slice_rows() {
    return {
        {"slice",
         "indexing",
         "x[start:stop:step, ...]",
         "g put into zeros",
         {
             {{{.shape = {6}}}, [](const auto& x) { return slice(x[0], {range(1, 4)}); }},
             {{{.shape = {7}}}, [](const auto& x) { return slice(x[0], {range(0, 7, 3)}); }},
             {{{.shape = {6}}}, [](const auto& x) { return slice(x[0], {range({}, {}, -2)}); }},
             {{{.shape = {6}}}, [](const auto& x) { return slice(x[0], {range(-2, 0, -1)}); }},
             {{{.shape = {3, 4}}}, [](const auto& x) { return slice(x[0], {1}); }},
             {{{.shape = {3, 4}}},
              [](const auto& x) {
                  return slice(x[0], {all(), -1});
              }},
             {{{.shape = {3, 4}}},
              [](const auto& x) {
                  return slice(x[0], {2, 1});
              }},
             {{{.shape = {4, 5}}},
              [](const auto& x) {
                  return slice(x[0], {range(3, {}, -2), range(1, {}, 2)});
              }},
             {{{.shape = {2, 3, 4}}},
              [](const auto& x) {
                  return slice(x[0], {ellipsis(), range({}, {}, -1)});
              }},
             {{{.shape = {2, 3, 4}}},
              [](const auto& x) {
                  return slice(x[0], {newaxis(), range(1, 2), ellipsis(), newaxis(), 0});
              }},
             {{{.shape = {5, 2}}},
              [](const auto& x) { return slice(x[0], {range(0, 4)}) * slice(x[0], {range(1, 5)}); }},
             {{{.shape = {4, 3}}},
              [](const auto& x) {
                  return slice(x[0], {range(0, 2)}) * slice(x[0], {range(2, 4), range({}, {}, -1)});
              }},
             {{{.shape = {3}}}, [](const auto& x) { return slice(x[0], {}); }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return slice(x[0], {newaxis(), ellipsis()});
              }},
             {{{.shape = {1, 1}}},
              [](const auto& x) {
                  return slice(x[0], {range({}, {}, -1), 0});
              }},
             {{{.shape = {3}}}, [](const auto& x) { return slice(x[0], {range(2, 2)}); }, allow_zero},
             {{{.shape = {0, 3}}},
              [](const auto& x) {
                  return slice(x[0], {range(0, 5), range(1, {})});
              }},
         }},
    };
}

std::vector<OpRow> take_rows() {
    return {
        {"take",
         "indexing",
         "the slices along an axis that the indices name",
         "g added up at the indices",
         {
             {{{.shape = {4, 3}}},
              [](const auto& x) {
                  return take(x[0], Index{2, 0, 2}, 0);
              }},
             {{{.shape = {4, 3}}},
              [](const auto& x) {
                  return take(x[0], {-1, 1}, 1);
              }},
             {{{.shape = {2, 3, 2}}},
              [](const auto& x) {
                  return take(x[0], Index{{0, 1}, {2, 2}}, -2);
              }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return take(x[0] * x[0], Index{5, 0, 5, -1});
              }},
             {{{.shape = {3}}}, [](const auto& x) { return take(x[0], {1}, 0); }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return take(x[0], {0, 0});
              }},
             {{{.shape = {3, 2}}},
              [](const auto& x) { return take(x[0], Index::from_shape({0}), 0); },
              allow_zero},
             {{{.shape = {3, 0}}},
              [](const auto& x) {
                  return take(x[0], {1, 2}, 0);
              }},
             {{{.shape = {0, 3}}}, [](const auto& x) { return take(x[0], Index::from_shape({0}), 0); }},
         }},
        {"gather",
         "indexing",
         "y[i, j] = x[i, index[i, j]]",
         "g added up at the indices",
         {
             {{{.shape = {3, 4}}},
              [](const auto& x) {
                  return gather(x[0], 1, Index{{0, 3}, {1, 1}, {-1, 2}});
              }},
             {{{.shape = {3, 4}}},
              [](const auto& x) {
                  return gather(x[0], 0, Index{{0, 2, 2, 1}, {0, 1, 2, 0}});
              }},
             {{{.shape = {3, 4}}},
              [](const auto& x) {
                  return gather(x[0] * x[0], -2, Index{{2, -2}});
              }},
             {{{.shape = {2, 3, 2}}},
              [](const auto& x) {
                  return gather(x[0], 1, Index{{{0, 1}, {2, 2}, {1, 0}, {0, 0}}});
              }},
             {{{.shape = {3}}},
              [](const auto& x) {
                  return gather(x[0], 0, {2, 2, 0, 1, 1});
              }},
             {{{.shape = {3, 2}}},
              [](const auto& x) {
                  return gather(x[0], 0, Index::from_shape({0, 2}));
              },
              allow_zero},
             {{{.shape = {0, 2}}},
              [](const auto& x) {
                  return gather(x[0], 0, Index::from_shape({0, 2}));
              }},
         }},
        {"scatter_add",
         "indexing",
         "y = x; y[i, index[i, j]] += source[i, j]",
         "g; gather(g, index)",
         {
             {{{.shape = {3, 4}}, {.shape = {3, 2}}},
              [](const auto& x) {
                  return scatter_add(x[0], 1, Index{{0, 3}, {1, 1}, {-1, 2}}, x[1]);
              }},
             {{{.shape = {2, 3}}, {.shape = {4, 3}}},
              [](const auto& x) {
                  return scatter_add(x[0], 0, Index{{0, 1, 1}, {0, 0, 0}}, x[1] * x[1]);
              }},
             {{{.shape = {2, 3}}, {.shape = {3, 3}}},
              [](const auto& x) {
                  return scatter_add(x[0], -1, Index{{0, 2}}, x[1]);
              }},
             {{{.shape = {3}}},
              [](const auto& x) {
                  return scatter_add(x[0], 0, {2, 2, 0}, x[0]);
              }},
             {{{.shape = {3}}}, [](const auto& x) { return scatter_add(x[0], 0, {1}, Array<double>{5}); }},
             {{{.shape = {3}}},
              [](const auto& x) {
                  return scatter_add(Array<double>{1, 2}, 0, {1, 1, 0}, x[0]) * 3.0;
              }},
             {{{.shape = {0}}, {.shape = {0}}},
              [](const auto& x) { return scatter_add(x[0], 0, Index::from_shape({0}), x[1]); }},
         }},
        {"masked_select",
         "indexing",
         "the elements where the mask holds",
         "g put into zeros",
         {
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return masked_select(x[0], Array<bool>{{true, false, true}, {false, true, true}});
              }},
             {{{.shape = {2, 3}}},
              [](const auto& x) {
                  return masked_select(x[0], Array<bool>{true, false, true});
              }},
             {{{.shape = {2, 1}}},
              [](const auto& x) {
                  return masked_select(x[0] * x[0], Array<bool>{true, false, true});
              }},
             {{{.shape = {9}, .kink = 0}}, [](const auto& x) { return masked_select(x[0], x[0] > 0); }},
             {{{.shape = {}}},
              [](const auto& x) {
                  return masked_select(x[0], Array<bool>{true, true});
              }},
             {{{.shape = {2}}},
              [](const auto& x) {
                  return masked_select(x[0], Array<bool>{false, false});
              },
              allow_zero},
             {{{.shape = {0, 2}}},
              [](const auto& x) {
                  return masked_select(x[0], Array<bool>{true, true});
              }},
         }},
    };
}

} // namespace

std::vector<OpRow> indexing_rows() {
    std::vector<OpRow> rows = slice_rows();
    const std::vector<OpRow> others = take_rows();
    rows.insert(rows.end(), others.begin(), others.end());
    return rows;
}

} // namespace xgrad::tests
