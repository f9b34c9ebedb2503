#include <xgrad/xgrad.hpp>
