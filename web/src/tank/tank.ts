export function tank(): void {}
