using Stint.Server.Hosting;
using Stint.Server.Simulate;

if (args is ["simulate", .. var words]) return SimulateCommand.Run(words, Console.Out, Console.Error, bar: !Console.IsErrorRedirected);

var (options, error) = ServerOptions.Parse(args, Environment.GetEnvironmentVariable("STINT_HOME") is { Length: > 0 } home ? home : null, AppContext.BaseDirectory);
if (options is null)
{
    Console.Error.WriteLine($"stint-server: {error}\n{ServerOptions.Help}");
    return ExitCodes.Usage;
}
if (options.ShowHelp)
{
    Console.WriteLine(ServerOptions.Help);
    return 0;
}
if (options.ShowVersion)
{
    Console.WriteLine($"stint-server {ServerIdentity.CurrentVersion}");
    return 0;
}
try
{
    await using var server = await StintServer.StartAsync(options, new Seams(), CancellationToken.None);
    if (options.Console) Console.WriteLine($"stint-server: {server.Socket}, TLS port {server.Port}");
    await server.WaitForShutdownAsync(CancellationToken.None);
    return 0;
}
catch (StartException e)
{
    Console.Error.WriteLine($"stint-server: {e.Message}");
    return ExitCodes.CannotStart;
}
