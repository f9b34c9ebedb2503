#include "tests/ops/op_table.hpp"

#include <xgrad/ops/einsum.hpp>

namespace xgrad::tests {

namespace {

Example example(const char* equation, std::vector<Shape> shapes) {
    std::vector<Input> inputs;
    for (const Shape& shape : shapes) inputs.push_back({.shape = shape});
    return {std::move(inputs), [equation](const auto& x) { return einsum(equation, x); }};
}

} // namespace

std::vector<OpRow> einsum_rows() {
    return {
        {"einsum",
         "einsum",
         "sums of products, c_ik = sum over j of a_ij b_jk",
         "sums of products of g and the other operands",
         {
             example("ij->ji", {{2, 3}}),
             example("ii", {{3, 3}}),
             example("iji->j", {{2, 3, 2}}),
             example("ij->", {{2, 3}}),
             example("...i->i...", {{2, 3, 2}}),
             example("ij,jk->ik", {{2, 3}, {3, 4}}),
             example("ij,kj->ki", {{2, 3}, {4, 3}}),
             example("bij,bkj->bik", {{2, 3, 2}, {2, 4, 2}}),
             example("bi,bi->b", {{3, 4}, {3, 4}}),
             example("bi,bj->bij", {{3, 2}, {3, 4}}),
             example("i,j", {{2}, {3}}),
             example("...ij,...jk", {{2, 1, 2, 3}, {4, 3, 2}}),
             example("ii,ij,j->i", {{3, 3}, {3, 2}, {2}}),
             example("bi,ijk,bk->bj", {{2, 3}, {3, 2, 4}, {2, 4}}),
             example("ij,jk,kl,l->i", {{2, 3}, {3, 2}, {2, 4}, {4}}),
             example("ij,j->i", {{2, 1}, {3}}),
             example(",i->i", {{}, {3}}),
             example("i,i", {{1}, {1}}),
             example("ij,jk", {{2, 0}, {0, 3}}),
             example("ij,j", {{0, 2}, {2}}),
         }},
    };
}

} // namespace xgrad::tests
