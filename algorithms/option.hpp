/// @file
/// Options by pointers to members: found in an estimator, and named. Internal to algorithms/.
#pragma once

#include <string>

namespace xgrad::algorithms::detail {

template <class M>
struct MemberPointer;
template <class C, class V>
struct MemberPointer<V C::*> {
    using Value = V;
};
/// The type of the option that a pointer to a member points to.
template <auto Member>
using OptionValue = typename MemberPointer<decltype(Member)>::Value;

/// Whether the estimator's own options have the member.
template <class E, auto Member>
concept HasOwnOption = requires(E& e) { e.options.*Member; };

/// Whether they have, or those of one of its steps.
template <class E, auto Member>
concept HasOption = HasOwnOption<E, Member> || requires(E& e) { e.template option<Member>(); };

template <auto Member, class E>
    requires HasOption<E, Member>
auto& option_of(E& estimator) {
    if constexpr (HasOwnOption<E, Member>) {
        return estimator.options.*Member;
    } else {
        return estimator.template option<Member>();
    }
}

/// The identifier that a text ends with, but for what follows it: "C" for "[with auto Value = &SVCOptions::C]".
std::string last_identifier(const char* text);

/// A text in which the compiler names a pointer to a member, or an enumerator, last.
template <auto Value>
const char* signature_with() {
    return __PRETTY_FUNCTION__;
}

/// The name of an option: "C", or of one of a Pipeline's steps, "SVC.C".
template <auto Member, class E>
std::string option_name() {
    if constexpr (HasOwnOption<E, Member>) {
        return last_identifier(signature_with<Member>());
    } else {
        return E::template option_name<Member>();
    }
}

} // namespace xgrad::algorithms::detail
