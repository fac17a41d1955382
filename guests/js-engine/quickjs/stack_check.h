/* Keeps QuickJS's stack check on.
 *
 * QuickJS sets its stack limit to "none" where __wasi__ is defined, so that endless recursion ends
 * in a WebAssembly trap that no `catch` sees. The check itself works here, since the guest's stack
 * lies in its linear memory. This header is included before everything else (`-include`): it takes
 * in the system headers while __wasi__ is still defined and then takes the definition away, which
 * changes nothing in quickjs.c but the two places that switch the check off.
 */
#include <assert.h>
#include <fenv.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#undef __wasi__
