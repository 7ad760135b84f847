/* Dense linear algebra on small symmetric matrices: the only way to LAPACK. */
#ifndef NN_LAPACK_H
#define NN_LAPACK_H

/* Eigenvalues of the symmetric n x n matrix a, ascending, into values [n];
 * row i of a becomes the eigenvector of values[i]. -1: no convergence. */
int lapack_eigen(int n, double *a, double *values);

/* The count largest of them only, descending, into values [count]; the first
 * count rows of a become their eigenvectors, the rest is destroyed. */
int lapack_eigen_largest(int n, int count, double *a, double *values);

/* Solves a x = b for symmetric positive definite a [n, n] and b [n, columns],
 * row-major; x replaces b, a is destroyed. -1: a is not positive definite. */
int lapack_solve(int n, int columns, double *a, double *b);

/* a = l l' with l lower triangular in place of a, zeros above. -1 as before. */
int lapack_cholesky(int n, double *a);

#endif
