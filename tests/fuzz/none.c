/* Nothing: what a target is linked with when the fuzzer brings its own mutator. */
typedef int none;
