using System.Runtime.InteropServices;

namespace Stint.Cli;

/// <summary>This process's own signals. Nothing is installed until a command asks: the default action is the quickest.</summary>
internal sealed class ProcessSignals : ISignals
{
    public IDisposable Listen(int[] signals, Action<int> handler)
    {
        var registrations = new PosixSignalRegistration[signals.Length];
        for (int i = 0; i < signals.Length; i++)
        {
            int number = signals[i];
            registrations[i] = PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                handler(number);
            });
        }
        return new Listening(registrations);
    }

    private sealed class Listening(PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (var registration in registrations) registration.Dispose();
        }
    }
}
