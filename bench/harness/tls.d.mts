// SPDX-License-Identifier: MIT
export declare const hasPostQuantum: boolean;
