/* What the fuzz targets share: input without files, exit() that comes back, a model of the smallest size. */
#ifndef TESTS_FUZZ_HARNESS_H
#define TESTS_FUZZ_HARNESS_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { FUZZ_IN = 1000, FUZZ_OUT = 1001 }; /* descriptors that no system knows */

/* From now on read(FUZZ_IN) gives these bytes, at most piece at a time (0: all there are). */
int fuzz_input(const void *data, size_t size, size_t piece);

/* What was written to FUZZ_OUT since the last call of fuzz_output_clear. */
const uint8_t *fuzz_output(size_t *size);
void fuzz_output_clear(void);

/* One of a few files in memory, now of that content; its path and its descriptor. */
enum { FUZZ_FILES = 3 };
const char *fuzz_file(int number, const void *data, size_t size);
int fuzz_file_fd(int number);

/* if (FUZZ_EXITS()) { exit() was called: fuzz_status } else { code; } fuzz_over(); */
extern jmp_buf fuzz_back;
extern int fuzz_armed, fuzz_status;
#define FUZZ_EXITS() (fuzz_armed = 1, setjmp(fuzz_back))
void fuzz_over(void);

/* A number that depends on the input alone. */
uint64_t fuzz_hash(const void *data, size_t size);

/* Says what does not hold, and aborts. */
#define FUZZ_HOLDS(truth) ((truth) ? (void)0 : fuzz_broken(#truth, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* A whole model, as small as it can be, of the network 'notebook', or of 'spectral' with a bank: with frames at a fixed
 * distance, with frames that follow the beat and all that its prior can have, of stereo, or of the clips of fuzz_clips. The
 * caller frees it. */
enum fuzz_model_kind { FUZZ_NOTEBOOK, FUZZ_SPECTRAL, FUZZ_BEAT, FUZZ_STEREO, FUZZ_OWN };
uint8_t *fuzz_model(enum fuzz_model_kind kind, size_t *size);
uint8_t *fuzz_model_drawn(uint32_t (*draw)(uint32_t below),
                          size_t *size); /* of 'spectral', of small sizes that agree */

/* Two clips to train on, for as long as the program runs. */
struct dataset;
void fuzz_clips(struct dataset *d);

#endif
