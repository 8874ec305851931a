export declare const path: string | undefined;
export declare const launchOptions: {
  executablePath?: string;
  firefoxUserPrefs: Record<string, string | number | boolean>;
};
