namespace Iba.Benchmarks;

/// <summary>When a fresh process came where, in seconds since it was started.</summary>
/// <param name="Main">The runtime had started.</param>
/// <param name="Loaded">The model was there.</param>
/// <param name="Explained">The map was there.</param>
/// <param name="Processor">The processor time until then.</param>
/// <param name="SecondProcessor">The processor time of one more map of the same photograph: what is left when everything was done once.</param>
/// <param name="Compiling">The time that the runtime compiled methods.</param>
/// <param name="Methods">The number of methods that it compiled.</param>
/// <param name="Pixels">The size of the map.</param>
internal sealed record FirstMapTimes(double Main, double Loaded, double Explained, double Processor, double SecondProcessor, double Compiling, long Methods, int Pixels);
