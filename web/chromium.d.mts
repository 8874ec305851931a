export declare const path: string | undefined;
export declare const launchOptions: { executablePath?: string; args: string[] };
