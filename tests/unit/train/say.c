/* What is left of a run, as it is said after an epoch. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "train/train_private.h"

int main(void)
{
    const struct train_run run = {0};
    struct trainer trainer = {.config.epochs = 1000000};
    struct history h = {.run = &run, .trainer = &trainer, .setup = 1800, .resumed = 0.5, .began = clock_now() - 0.1};
    char text[200] = "";
    FILE *said = tmpfile();

    if (!said || dup2(fileno(said), STDERR_FILENO) < 0)
        return 1;
    h.epoch = (struct epoch){.number = 999999, .begun = 8, .seconds = 0.1};
    say_epoch(&h);
    fflush(stderr);
    rewind(said);
    check(fgets(text, sizeof text, said) && strstr(text, ", 30 min left\n"), "the prior, all that is to wait for: %s",
          text);
    fclose(said);
    return check_done();
}
