/* Eigenvalues and eigenvectors of symmetric matrices, double precision. */
#ifndef DSP_EIGEN_H
#define DSP_EIGEN_H

#include <stdbool.h>

/* values [n]: the eigenvalues of the symmetric a [n, n], largest first. a is
 * destroyed; with vectors, its row i becomes the unit eigenvector of
 * values[i], its component of largest size being positive. Householder
 * reduction to tridiagonal form, then QL with implicit shifts (Bowdler,
 * Martin, Reinsch, Wilkinson 1968). About 20 n^3 operations. */
void eigen_symmetric(int n, double *a, double *values, bool vectors);

#endif
