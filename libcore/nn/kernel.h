/* Where kernels were; they stand in base/kernel.h now. */
#include "base/kernel.h"
